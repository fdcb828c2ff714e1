# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class SyncmapConan(ConanFile):
    """Packs the tree that this file lies in."""

    name = "syncmap"
    version = "0.1.0"
    description = "Concurrent hash maps with the contract of Go's sync.Map"
    license = "MIT"
    topics = ("concurrency", "hash-map", "lock-free", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, os.pardir, os.pardir)
        copy(self, "LICENSE", tree, self.export_sources_folder)
        copy(self, "*.hpp", os.path.join(tree, "include"), os.path.join(self.export_sources_folder, "include"))

    def layout(self):
        basic_layout(self)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "syncmap")
        self.cpp_info.set_property("cmake_target_name", "syncmap::syncmap")
        self.cpp_info.set_property("pkg_config_name", "syncmap")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
