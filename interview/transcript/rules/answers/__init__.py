"""JSON answers of transcription services and meeting tools; one module each (`recognise(answer)`, `read(answer)`).

`door` tells them apart by their keys; what a path in a warning means is said in words ("segments[3]").
"""
