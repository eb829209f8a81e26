"""What watching means, as pure functions: ranges, credit, beats, completion, media and captions.

Knows integers (milliseconds of content and of server time) and nothing of web, database or clock.
"""
