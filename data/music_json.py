#!/usr/bin/env python3
"""Turns a collection of songs as its authors give it into the form that the task `music` reads.

    python3 data/music_json.py Nottingham.pickle nottingham.json

In: Nottingham.pickle, Piano-midi.de.pickle or MuseData.pickle of Boulanger-Lewandowski, Bengio and Vincent (ICML 2012,
http://www-ens.iro.umontreal.ca/~boulanni/icml2012): {"train", "valid", "test"} of songs, which are lists of steps, which
are tuples of MIDI notes. Out: the same as JSON without spaces. Notes of a step are put into ascending order.
"""
import json
import pickle
import sys


class PlainUnpickler(pickle.Unpickler):
    """A pickle may run any code; one of lists and numbers needs none."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"the file wants {module}.{name}: it is not a plain collection of songs")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: music_json.py COLLECTION.pickle collection.json")
    with open(sys.argv[1], "rb") as file:
        songs = PlainUnpickler(file, encoding="latin1").load()
    parts = {
        part: [[sorted(int(note) for note in step) for step in song] for song in songs[part]]
        for part in ("train", "valid", "test")
    }
    with open(sys.argv[2], "w", encoding="ascii") as file:
        json.dump(parts, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
