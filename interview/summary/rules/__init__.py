"""Rules of summaries: prompt, ladder, reading an answer, finding quotes, what is cut, what is shown. Pure."""
