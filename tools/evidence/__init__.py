"""Which test shows what: read from the tests' marks, so that the support tables can not promise more than is shown."""
