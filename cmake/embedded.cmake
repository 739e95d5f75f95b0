# What is built into the program: one line each, the name and the file.
include(cmake/embed.cmake)
rehearse_embed(app_commands
)
