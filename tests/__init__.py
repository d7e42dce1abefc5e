"""The tests; they mirror tinyengine/, and share builders.py and support.py."""
