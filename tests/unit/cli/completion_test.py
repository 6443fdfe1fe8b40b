#!/usr/bin/python3
"""What bash offers at the end of a line: completion_test.py COMPLETION-FOR-BASH."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

# In place of `stepup`: knows two labels.
STEPUP = "#!/bin/sh\n[ \"$*\" = \"list --labels\" ] && printf 'phone\\nold phone\\n'\n"


class Completion(unittest.TestCase):
    script = ""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        fake = pathlib.Path(self.folder.name, "stepup")
        fake.write_text(STEPUP, encoding="ascii")
        fake.chmod(0o755)
        self.addCleanup(self.folder.cleanup)

    def offered(self, *words):
        """For the last of `words`, as it stands so far."""
        program = (f"source {self.script}; COMP_WORDS=(stepup \"$@\"); COMP_CWORD=$#; _stepup; "
                   "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-c", program, "bash", *words], check=True, capture_output=True, text=True,
                              cwd=self.folder.name, env={"PATH": f"{self.folder.name}:{os.environ['PATH']}"})
        self.assertEqual(done.stderr, "")
        return [line for line in done.stdout.splitlines() if line]

    def test_verbs(self):
        self.assertIn("enroll", self.offered(""))
        self.assertEqual(self.offered("re"), ["remove", "rename", "require", "recovery"])
        self.assertEqual(self.offered("enroll", "t"), ["totp"])
        self.assertEqual(self.offered("admin", "key", ""), ["rotate", "--help"])

    def test_options_of_the_verb_and_no_other(self):
        self.assertIn("--algorithm", self.offered("enroll", "totp", "--"))
        self.assertNotIn("--counter", self.offered("enroll", "totp", "--"))
        self.assertEqual(self.offered("lock", "--a"), ["--all"])

    def test_labels_of_factors_also_those_with_blanks(self):
        for words in (["remove"], ["rename"], ["primary"], ["verify"], ["require", "--factor"]):
            self.assertIn("phone", self.offered(*words, ""), words)
            self.assertIn("old\\ phone", self.offered(*words, ""), words)
        self.assertEqual(self.offered("remove", "ph"), ["phone"])

    def test_values_and_files(self):
        self.assertEqual(self.offered("enroll", "totp", "--algorithm", "SHA5"), ["SHA512"])
        self.assertEqual(self.offered("require", "--window", "5"), ["5m"])
        self.assertEqual(self.offered("enroll", "totp", "--qr", "st"), ["stepup"])
        self.assertIn("root", self.offered("audit", "--user", "roo"))
        self.assertEqual(self.offered("enroll", "totp", "--label", ""), [])


if __name__ == "__main__":
    Completion.script = os.path.abspath(sys.argv.pop(1))
    unittest.main()
