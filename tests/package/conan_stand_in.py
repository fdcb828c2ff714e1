# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""conan_stand_in.py RECIPE OUT: does to a recipe of a header-only library what `conan create` does, with
what the recipe asks of conan done here; writes to OUT what CMakeDeps would write for the package."""

import fnmatch
import pathlib
import runpy
import shutil
import sys
import types

BUILTIN = ("name", "version", "license", "description", "settings")


class Info:
    def clear(self):
        self.cleared = True


class CppInfo:
    def __init__(self):
        self.includedirs, self.libdirs, self.bindirs = ["include"], ["lib"], ["bin"]
        self.system_libs, self.properties = [], {}

    def set_property(self, name, value):
        self.properties[name] = value


class ConanFile:
    def __init__(self, recipe, out):
        self.recipe_folder = str(recipe.parent)
        self.export_sources_folder = self.source_folder = str(out / "export")
        self.package_folder = str(out / "package")
        self.settings = types.SimpleNamespace(os="Linux")
        self.info, self.cpp_info = Info(), CppInfo()


def copy(conanfile, pattern, src, dst):
    assert isinstance(conanfile, ConanFile)
    copied = []
    for path in sorted(pathlib.Path(src).rglob("*")):
        if path.is_file() and fnmatch.fnmatchcase(path.relative_to(src).as_posix(), pattern):
            target = pathlib.Path(dst, path.relative_to(src))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            copied.append(target)
    assert copied, f"{pattern} copies nothing from {src}"


def check_min_cppstd(conanfile, least):
    assert isinstance(conanfile, ConanFile) and least == 20


def basic_layout(conanfile):
    assert isinstance(conanfile, ConanFile)


def install_stand_ins():
    modules = {
        "conan": {"ConanFile": ConanFile},
        "conan.tools": {},
        "conan.tools.build": {"check_min_cppstd": check_min_cppstd, "can_run": lambda _: True},
        "conan.tools.cmake": {"CMake": object, "cmake_layout": basic_layout},
        "conan.tools.files": {"copy": copy},
        "conan.tools.layout": {"basic_layout": basic_layout},
    }
    for name, content in modules.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(content)


def recipe_class(path):
    found = [
        value
        for value in runpy.run_path(str(path)).values()
        if isinstance(value, type) and issubclass(value, ConanFile) and value is not ConanFile
    ]
    assert len(found) == 1, f"{path}: {len(found)} recipes"
    return found[0]


def write_config(recipe, out):
    """The files of CMakeDeps are named as the properties say, and so is the target."""
    properties, package = recipe.cpp_info.properties, pathlib.Path(recipe.package_folder)
    name, target = properties["cmake_file_name"], properties["cmake_target_name"]
    folders = [str(package / folder) for folder in recipe.cpp_info.includedirs]
    text = f"add_library({target} INTERFACE IMPORTED)\n"
    text += f"target_include_directories({target} INTERFACE {' '.join(folders)})\n"
    text += f"target_link_libraries({target} INTERFACE {' '.join(recipe.cpp_info.system_libs)})\n"
    (out / f"{name}-config.cmake").write_text(text, encoding="utf-8")


def main():
    path, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    install_stand_ins()
    tester = recipe_class(path.parent / "test_package" / "conanfile.py")
    for method in "layout", "requirements", "build", "test":
        assert callable(getattr(tester, method)), f"test_package has no {method}()"

    recipe = recipe_class(path)(path, out)
    for attribute in BUILTIN:
        assert getattr(recipe, attribute), f"the recipe says no {attribute}"
    assert recipe.package_type == "header-library"
    recipe.export_sources()
    recipe.layout()
    recipe.package_id()
    assert recipe.info.cleared, "the package of a header-only library is the same for all settings"
    recipe.validate()
    recipe.package()
    recipe.package_info()

    package = pathlib.Path(recipe.package_folder)
    assert (package / "licenses" / "LICENSE").is_file()
    assert recipe.cpp_info.libdirs == recipe.cpp_info.bindirs == []
    packed = {path.relative_to(package / "include") for path in (package / "include").rglob("*.hpp")}
    include = path.parents[2] / "include"
    assert packed == {path.relative_to(include) for path in include.rglob("*.hpp")}
    write_config(recipe, out)


if __name__ == "__main__":
    main()
