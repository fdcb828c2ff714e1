# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

# cmake -D way=WAY -D source_dir=... -D work_dir=... -D compiler=... [-D generator=...]
#       -D build_dir=...|-D prefix=... [-D tarball=... -D wrap=...] -P check.cmake
#
# Builds and runs a program that gets syncmap from source_dir in the given way, from scratch, in
# work_dir. What has to be installed for that is installed from build_dir, or is already in prefix.
# WAY is a function of this file without its `check_`.

cmake_minimum_required(VERSION 3.21)

set(here ${CMAKE_CURRENT_LIST_DIR})
if(NOT generator)
  set(generator Ninja)
endif()
file(STRINGS ${source_dir}/CMakeLists.txt version REGEX "^ +VERSION [0-9.]+$" LIMIT_COUNT 1)
string(REGEX REPLACE "^ +VERSION " "" version ${version})

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${work_dir} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nfailed (${status}):\n${output}")
  endif()
endfunction()

function(run_app path)
  run(${work_dir}/${path})
  message("${way}: built and ran")
endfunction()

# Leaves the function if none of these programs is there; ${variable} is the first that is.
macro(need variable)
  find_program(${variable} NAMES ${ARGN})
  if(NOT ${variable})
    message("SKIPPED: no ${ARGN}")
    return()
  endif()
endmacro()

# The project in this folder, with the program.
function(copy_project folder)
  file(COPY ${folder}/ ${here}/main.cpp DESTINATION ${work_dir}/app)
endfunction()

function(build_cmake_project folder)
  copy_project(${folder})
  run(${CMAKE_COMMAND} -S app -B build -G ${generator} -DCMAKE_CXX_COMPILER=${compiler} ${ARGN})
  run(${CMAKE_COMMAND} --build build)
  run_app(build/app)
endfunction()

function(compile)
  run(${compiler} -std=c++20 ${ARGV} -o app)
  run_app(app)
endfunction()

# Sets `prefix`. Installs, then moves what was installed: nothing in it may depend on its place.
macro(need_prefix)
  if(NOT prefix)
    run(${CMAKE_COMMAND} --install ${build_dir} --prefix ${work_dir}/staging)
    file(RENAME ${work_dir}/staging ${work_dir}/prefix)
    set(prefix ${work_dir}/prefix)
  endif()
endmacro()

function(check_find_package)
  need_prefix()
  build_cmake_project(${here}/find_package -DCMAKE_PREFIX_PATH=${prefix})
endfunction()

function(check_add_subdirectory)
  file(MAKE_DIRECTORY ${work_dir}/app/external)
  file(CREATE_LINK ${source_dir} ${work_dir}/app/external/syncmap SYMBOLIC)
  build_cmake_project(${here}/add_subdirectory)
endfunction()

function(check_fetch_content)
  build_cmake_project(${here}/fetch_content -DFETCHCONTENT_SOURCE_DIR_SYNCMAP=${source_dir})
endfunction()

function(check_pkg_config)
  need(pkg_config pkg-config)
  need_prefix()
  set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
  execute_process(COMMAND ${pkg_config} --cflags --libs syncmap OUTPUT_VARIABLE flags
                  COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  compile(${here}/main.cpp ${flags})
endfunction()

# The wrap file takes a tarball of the sources; without one, of what meson needs of them.
function(check_meson)
  need(meson meson)
  set(name syncmap-${version})
  copy_project(${here}/meson)
  set(subprojects ${work_dir}/app/subprojects)
  if(NOT tarball)
    set(tarball ${work_dir}/${name}.tar.gz)
    set(wrap ${source_dir}/packaging/meson/syncmap.wrap)
    file(COPY ${source_dir}/meson.build ${source_dir}/include DESTINATION ${work_dir}/${name})
    run(${CMAKE_COMMAND} -E tar czf ${tarball} ${name})
  endif()
  file(COPY ${tarball} DESTINATION ${subprojects}/packagefiles)
  file(COPY ${wrap} DESTINATION ${subprojects})
  set(ENV{CXX} ${compiler})
  run(${meson} setup build app --wrap-mode=forcefallback)
  run(${meson} compile -C build)
  run_app(build/app)
endfunction()

function(check_single_header)
  compile(-Wall -Wextra -Werror -pthread -I ${source_dir}/single_include
          ${here}/single_header/main.cpp)
endfunction()

# g++ 12 and clang 14 export no templates that were declared in a header.
function(check_module)
  need(clang clang++-19 clang++-18 clang++-17 clang++-16)
  need_prefix()
  set(flags -std=c++20 -pthread)
  run(${clang} ${flags} -I ${prefix}/include --precompile ${prefix}/share/syncmap/syncmap.cppm
      -o syncmap.pcm)
  run(${clang} ${flags} -c syncmap.pcm)
  run(${clang} ${flags} -fmodule-file=syncmap=syncmap.pcm ${here}/module/main.cpp syncmap.o -o app)
  run_app(app)
endfunction()

# As vcpkg does it, with the port in place of this file's knowledge of how to install.
function(check_vcpkg)
  include(${here}/vcpkg.cmake)
  set(PORT syncmap)
  set(CURRENT_PACKAGES_DIR ${work_dir}/packages)
  include(${source_dir}/packaging/vcpkg/portfile.cmake)
  vcpkg_check_package()
  build_cmake_project(${here}/find_package -DCMAKE_PREFIX_PATH=${CURRENT_PACKAGES_DIR})
endfunction()

# As conan does it: conan.py has what the recipe needs of conan.
function(check_conan)
  need(python python3)
  set(recipe ${source_dir}/packaging/conan)
  run(${python} -B ${here}/conan_stand_in.py ${recipe}/conanfile.py ${work_dir}/conan)
  build_cmake_project(${recipe}/test_package -DCMAKE_PREFIX_PATH=${work_dir}/conan)
endfunction()

file(REMOVE_RECURSE ${work_dir})
file(MAKE_DIRECTORY ${work_dir})
if(NOT COMMAND check_${way})
  message(FATAL_ERROR "way is '${way}', and there is no check_${way} here")
endif()
cmake_language(CALL check_${way})
