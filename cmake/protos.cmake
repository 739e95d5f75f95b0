# Generated protobuf code, in a library of its own without our warnings; its headers are SYSTEM and
# included by the path of the .proto: "model/milvus/proto/meta.pb.h".
function(rehearse_protos name folder)
  file(GLOB protos CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/*.proto)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out})
  foreach(proto ${protos})
    string(REGEX REPLACE "\\.proto$" ".pb" stem ${out}/${proto})
    add_custom_command(
      OUTPUT ${stem}.cc ${stem}.h
      COMMAND protobuf::protoc --cpp_out=${out} -I${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/${proto} protobuf::protoc
      VERBATIM)
    list(APPEND generated ${stem}.cc)
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()
