"""Review of a pitch: recording and transcript side by side, marks on its timeline, clips. Knows no decision."""
