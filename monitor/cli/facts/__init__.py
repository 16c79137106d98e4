"""What a sample says beside its hops and figures, in words: a small module for each kind of evidence."""
