"""The entries of the catalogue, by subject. Definitions only: `settings.catalogue` collects and names them all."""
