# Generated protobuf code, in a library of its own without our warnings; its headers are SYSTEM.
function(rehearse_protos name folder)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.proto)
  add_library(${name} STATIC ${protos})
  set(out ${CMAKE_BINARY_DIR}/generated/${folder})
  file(MAKE_DIRECTORY ${out})
  protobuf_generate(TARGET ${name} LANGUAGE cpp IMPORT_DIRS ${CMAKE_SOURCE_DIR}/${folder}
                    PROTOC_OUT_DIR ${out})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()
