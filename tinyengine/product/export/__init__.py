"""A model as a library in the form that an ecosystem expects: one module for each ecosystem."""
