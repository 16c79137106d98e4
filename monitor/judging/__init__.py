"""What makes the judge run on stored samples: rollups that are kept right, and handed to it."""
