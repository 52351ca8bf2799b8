"""The store is the engine: one database holds the truth and the queues. The only importer of SQLModel."""
