"""From a float graph and samples to an int8 TFLite file."""
