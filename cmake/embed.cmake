# rehearse_embed(target name file [name file]...): app::Embedded(name) gives the bytes of the file.
# To be called once per target; files are relative to the project's root.
function(rehearse_embed target)
  set(data "")
  set(rows "")
  set(files "")
  set(index 0)
  while(ARGN)
    list(POP_FRONT ARGN name file)
    set(path ${CMAKE_SOURCE_DIR}/${file})
    if(NOT EXISTS ${path})
      message(FATAL_ERROR "rehearse_embed: no such file: ${file}")
    endif()
    list(APPEND files ${path})
    set(symbol rehearse_embedded_${index})
    string(APPEND data "asm(\".section .rodata\\n.balign 16\\n${symbol}:\\n.incbin \\\"${path}\\\"\\n\"
    \"${symbol}_end:\\n.byte 0\\n.previous\\n\");\n"
                       "extern \"C\" const char ${symbol}[] __attribute__((visibility(\"hidden\")));\n"
                       "extern \"C\" const char ${symbol}_end[] __attribute__((visibility(\"hidden\")));\n")
    string(APPEND rows "  if (name == \"${name}\") {\n"
                       "    return {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})};\n  }\n")
    math(EXPR index "${index} + 1")
  endwhile()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cc)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT [=[
#include "app/embedded.h"

#include "model/core/check.h"

@data@
namespace rehearse::app {

std::string_view Embedded([[maybe_unused]] std::string_view name) {
@rows@  CHECK(false);
}

}  // namespace rehearse::app
]=])
  # .incbin is invisible to the compiler's list of dependencies.
  set_source_files_properties(${generated} PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${generated})
endfunction()
