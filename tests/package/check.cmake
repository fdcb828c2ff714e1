# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

# cmake -D way=find_package|add_subdirectory|pkg_config -D source_dir=... -D build_dir=...
#       -D work_dir=... -D generator=... -D compiler=... -P check.cmake
#
# Builds and runs the consumer project of this folder against syncmap, used in the given way.

cmake_minimum_required(VERSION 3.21)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nfailed (${status}):\n${output}")
  endif()
endfunction()

function(build_and_run_consumer)
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work_dir}/consumer -G ${generator}
      -DCMAKE_CXX_COMPILER=${compiler} ${ARGV})
  run(${CMAKE_COMMAND} --build ${work_dir}/consumer)
  run(${work_dir}/consumer/consumer)
endfunction()

# Installs, then moves what was installed: nothing in it may depend on its place.
function(install_library)
  run(${CMAKE_COMMAND} --install ${build_dir} --prefix ${work_dir}/staging)
  file(RENAME ${work_dir}/staging ${work_dir}/prefix)
endfunction()

file(REMOVE_RECURSE ${work_dir})
file(MAKE_DIRECTORY ${work_dir})

if(way STREQUAL "find_package")
  install_library()
  build_and_run_consumer(-DCMAKE_PREFIX_PATH=${work_dir}/prefix)
elseif(way STREQUAL "add_subdirectory")
  build_and_run_consumer(-DSYNCMAP_SOURCE_DIR=${source_dir})
elseif(way STREQUAL "pkg_config")
  find_program(pkg_config pkg-config)
  if(NOT pkg_config)
    message("SKIPPED: no pkg-config")
    return()
  endif()
  install_library()
  file(GLOB_RECURSE pc_file ${work_dir}/prefix/*/syncmap.pc)
  cmake_path(GET pc_file PARENT_PATH pc_dir)
  set(ENV{PKG_CONFIG_PATH} ${pc_dir})
  execute_process(COMMAND ${pkg_config} --cflags --libs syncmap OUTPUT_VARIABLE flags
                  COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(${compiler} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/main.cpp ${flags} -o ${work_dir}/consumer)
  run(${work_dir}/consumer)
else()
  message(FATAL_ERROR "way must be find_package, add_subdirectory or pkg_config")
endif()
message("${way}: consumer built and ran")
