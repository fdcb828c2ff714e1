# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

# cmake -D way=find_package|pkg_config -D source=... -D build_dir=... -D work_dir=... -D generator=...
#       -D c_compiler=... -D cxx_compiler=... -P check.cmake
#
# Installs the C library, moves it, and builds and runs a C program with it, shared and static.

cmake_minimum_required(VERSION 3.21)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nfailed (${status}):\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${work_dir})
file(MAKE_DIRECTORY ${work_dir})
run(${CMAKE_COMMAND} --install ${build_dir} --prefix ${work_dir}/staging)
file(RENAME ${work_dir}/staging ${work_dir}/prefix)
file(GLOB_RECURSE library ${work_dir}/prefix/*/libsyncmap_c.so)
file(GLOB_RECURSE pc_file ${work_dir}/prefix/*/syncmap-c.pc)
cmake_path(GET library PARENT_PATH library_dir)
cmake_path(GET pc_file PARENT_PATH pc_dir)
set(ENV{LD_LIBRARY_PATH} ${library_dir})

if(way STREQUAL "find_package")
  run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${work_dir}/consumer -G ${generator}
      -DCMAKE_C_COMPILER=${c_compiler} -DCMAKE_CXX_COMPILER=${cxx_compiler} -DSOURCE=${source}
      -DCMAKE_PREFIX_PATH=${work_dir}/prefix)
  run(${CMAKE_COMMAND} --build ${work_dir}/consumer)
  run(${work_dir}/consumer/with_c)
  run(${work_dir}/consumer/with_c_static)
elseif(way STREQUAL "pkg_config")
  find_program(pkg_config pkg-config)
  if(NOT pkg_config)
    message("SKIPPED: no pkg-config")
    return()
  endif()
  set(ENV{PKG_CONFIG_PATH} ${pc_dir})
  foreach(options IN ITEMS "--cflags;--libs" "--static;--cflags;--libs")
    execute_process(COMMAND ${pkg_config} ${options} syncmap-c OUTPUT_VARIABLE flags
                    COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run(${c_compiler} -std=c99 -pthread ${source} ${flags} -o ${work_dir}/consumer)
    run(${work_dir}/consumer)
    file(REMOVE ${library}) # now only the static one can be found
  endforeach()
else()
  message(FATAL_ERROR "way must be find_package or pkg_config")
endif()
message("${way}: consumers built and ran")
