"""The outside world, one folder or file per neighbour."""
