"""The knowledge room: did the candidate understand the material? A bank of questions per job, drawn and graded here.

It must not know the player or the prep checklist: it names a material by number and a moment in it.
"""
