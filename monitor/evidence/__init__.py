"""Evidence bundles: folders that hold what verdicts rest on, and of which these can be made again."""
