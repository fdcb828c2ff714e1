# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The rules of vcpkg's documentation for vcpkg.json, as far as the port uses it."""

import json
import pathlib
import re
import unittest

PORT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "vcpkg"
IDENTIFIER = re.compile(r"(?!con$|prn$|aux$|nul$)[a-z0-9]+(?:-[a-z0-9]+)*")
VERSIONS = {"version", "version-semver", "version-date", "version-string"}
TOP = VERSIONS | {
    "$schema", "builtin-baseline", "configuration", "contacts", "default-features", "dependencies",
    "description", "documentation", "features", "homepage", "license", "maintainers", "name", "overrides",
    "port-version", "summary", "supports",
}  # fmt: skip
OF_A_DEPENDENCY = {"default-features", "features", "host", "name", "platform", "version>="}


class Manifest(unittest.TestCase):
    def setUp(self):
        self.manifest = json.loads((PORT / "vcpkg.json").read_text(encoding="utf-8"))

    def test_has_known_fields_only(self):
        self.assertLessEqual(self.manifest.keys(), TOP)

    def test_has_a_name_that_is_an_identifier(self):
        self.assertRegex(self.manifest["name"], rf"^{IDENTIFIER.pattern}$")

    def test_has_one_version_of_numbers_with_dots(self):
        self.assertEqual(len(VERSIONS & self.manifest.keys()), 1)
        self.assertRegex(self.manifest["version"], r"^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$")

    def test_has_a_description_and_a_licence(self):
        self.assertIsInstance(self.manifest["description"], str)
        self.assertEqual(self.manifest["license"], "MIT")

    def test_needs_each_tool_that_the_port_calls_and_no_other(self):
        called = set(re.findall(r"^(vcpkg_cmake_\w+)\(", (PORT / "portfile.cmake").read_text(), re.M))
        tools = {"vcpkg-cmake-config" if "config_" in call else "vcpkg-cmake" for call in called}
        self.assertEqual({dependency["name"] for dependency in self.manifest["dependencies"]}, tools)
        for dependency in self.manifest["dependencies"]:
            self.assertLessEqual(dependency.keys(), OF_A_DEPENDENCY)
            self.assertTrue(dependency["host"])


if __name__ == "__main__":
    unittest.main()
