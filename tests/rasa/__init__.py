"""The Rasa action server and the export of a Rasa project."""
