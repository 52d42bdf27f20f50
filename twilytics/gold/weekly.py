"""When a place's change rate is unlike its week: below or above all of the same hour in so many weeks before, by more than a margin.

Where fewer of these weeks are known, nothing is said of it. Of hourly lists of two years, 17 in 12,057 lay outside: about one a month and
place at most. Without the margin it were 1,827, more than three a day.
"""

WEEKS, WEEKS_KNOWN, MARGIN = 8, 6, 0.25
