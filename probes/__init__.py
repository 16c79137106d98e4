"""What landwatch measures: the nouns, the wire, and one file for each kind of probe."""
