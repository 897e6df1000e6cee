"""A slow, literal reading of what a due date means, kept to be compared with the fast engine.

It shares no code with the engine. Paragraph numbers in its comments are those of the clinical
tables' own description ("Due dates", 1 to 7); where a comment quotes, it quotes that.
"""
