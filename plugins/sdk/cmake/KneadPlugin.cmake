# SPDX-License-Identifier: Apache-2.0
# knead_add_plugin(id SOURCES a.c ...): the target ID, which makes ID.so: it exports knead_entry and nothing else. Link it
# with Knead::sdk as well for the C++ classes.
function(knead_add_plugin id)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  if(NOT id MATCHES "^[a-z0-9_-]+$" OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "knead_add_plugin(${ARGV}): write knead_add_plugin(ID SOURCES FILE...), with an ID of a-z, 0-9, "
                        "_ and -, the same as in the plugin's descriptor")
  endif()
  add_library(${id} MODULE ${arg_SOURCES})
  target_link_libraries(${id} PRIVATE Knead::plugin)
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  set_target_properties(${id} PROPERTIES
    PREFIX ""
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  target_link_options(${id} PRIVATE -Wl,--version-script=${map})
endfunction()
