"""One SQL file per schema version, `v1.sql` upwards; a file that was released is never changed again."""
