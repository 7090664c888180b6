"""Speech recognition with PocketSphinx; its English models travel inside its wheel."""
