"""The asyncio shell around the core: runs devices' tasks, performs effects, keeps time. Decides nothing."""
