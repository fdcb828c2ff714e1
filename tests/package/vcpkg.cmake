# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

# What the port calls of vcpkg, done as its documentation says, for a release build of one triplet; and
# what vcpkg then complains about.

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B port -G ${generator} -DCMAKE_BUILD_TYPE=Release
      -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}
      ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --build port --target install)
endfunction()

# The files go to share/PORT, and count the way to the prefix anew. A folder `cmake` that they leave goes.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  set(from ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  set(to ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(GLOB files ${from}/*)
  file(COPY ${files} DESTINATION ${to})
  file(REMOVE_RECURSE ${from})
  cmake_path(GET from PARENT_PATH parent)
  if(parent MATCHES "/cmake$")
    file(REMOVE_RECURSE ${parent})
  endif()
  set(step
      "get_filename_component\\(_IMPORT_PREFIX \"\\\${(CMAKE_CURRENT_LIST_FILE|_IMPORT_PREFIX)}\" PATH\\)\n")
  set(first "get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_FILE}\" PATH)\n")
  set(next "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
  file(GLOB files ${to}/*.cmake)
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REGEX REPLACE "(${step})+" "${first}${next}${next}" text "${text}")
    string(REGEX REPLACE "(PACKAGE_PREFIX_DIR \"\\\${CMAKE_CURRENT_LIST_DIR}/)(\\.\\./?)+" "\\1../../" text
                         "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
  file(GLOB_RECURSE found ${CURRENT_PACKAGES_DIR}/*.pc)
  if(NOT found)
    message(FATAL_ERROR "the port has no file for pkg-config to fix")
  endif()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  configure_file(${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright COPYONLY)
endfunction()

function(vcpkg_check_package)
  foreach(file IN ITEMS share/${PORT}/copyright share/${PORT}/usage share/${PORT}/syncmapConfig.cmake
                        share/pkgconfig/syncmap.pc include/syncmap/syncmap.hpp)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
      message(FATAL_ERROR "the port installs no ${file}")
    endif()
  endforeach()
  foreach(folder IN ITEMS debug lib share/cmake lib/cmake debug/include debug/share)
    if(EXISTS ${CURRENT_PACKAGES_DIR}/${folder})
      message(FATAL_ERROR "the port of a header-only library installs ${folder}")
    endif()
  endforeach()
  file(GLOB_RECURSE entries LIST_DIRECTORIES true ${CURRENT_PACKAGES_DIR}/*)
  foreach(entry IN LISTS entries)
    file(GLOB content ${entry}/*)
    if(IS_DIRECTORY ${entry} AND NOT content)
      message(FATAL_ERROR "the port leaves an empty folder: ${entry}")
    endif()
  endforeach()
endfunction()
