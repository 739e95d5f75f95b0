# The rooms, lowest layer first; a room includes only what it names here (ARCHITECTURE.md draws it,
# tests/tidy_test.cc holds the sources to it).
rehearse_room(model_core model/core nlohmann_json::nlohmann_json yaml-cpp ZLIB::ZLIB
              tl::expected fmt::fmt)
rehearse_room(model_etcd model/etcd model_core)
rehearse_room(model_kube model/kube model_core)
include(cmake/protos.cmake)
rehearse_protos(milvus_protos model/milvus/proto)
rehearse_room(model_milvus model/milvus model_etcd milvus_protos)
rehearse_room(model_migration model/migration model_milvus)
rehearse_room(model_helm model/helm model_kube)
rehearse_room(model_charts model/charts model_helm)
rehearse_room(model_cluster model/cluster model_charts model_migration)
rehearse_room(model_result model/result model_core)
rehearse_room(upgrade_procedures upgrade/procedures model_cluster model_result)
rehearse_room(upgrade upgrade model_cluster model_result)
file(GLOB executor_sources CONFIGURE_DEPENDS upgrade/executor/*.cc)
target_sources(upgrade PRIVATE ${executor_sources})
rehearse_room(simulator_state simulator/state model_cluster)
rehearse_room(simulator_checkers simulator/checkers simulator_state)
rehearse_room(simulator_engine simulator/engine model_core)
target_link_libraries(simulator_engine PUBLIC Threads::Threads)
rehearse_room(simulator simulator simulator_checkers simulator_engine)
rehearse_room(live live model_cluster model_result cpp-httplib)
rehearse_room(live_standin live/standin live)
# As Debian's libcpp-httplib was built: its classes have other sizes otherwise.
foreach(room live live_standin)
  target_compile_definitions(${room} PRIVATE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT
                             CPPHTTPLIB_BROTLI_SUPPORT)
endforeach()
rehearse_room(reports reports model_result)
rehearse_room(app_commands app upgrade upgrade_procedures simulator live reports CLI11::CLI11)
file(GLOB scenario_sources CONFIGURE_DEPENDS app/scenario/*.cc)
target_sources(app_commands PRIVATE ${scenario_sources})
target_compile_definitions(app_commands PRIVATE REHEARSE_VERSION="${PROJECT_VERSION}")
include(cmake/embedded.cmake)

add_executable(rehearse app/main.cc)
target_link_libraries(rehearse PRIVATE build_options app_commands)

# Milvus and the migration tool as the model knows them, done to a real etcd.
add_executable(rehearse-standin live/standin/main.cc)
target_link_libraries(rehearse-standin PRIVATE build_options live_standin)
add_dependencies(rehearse rehearse-standin)  # live up starts it

# Everything, for tests and bench.
add_library(rehearse_all INTERFACE)
target_link_libraries(rehearse_all INTERFACE app_commands)
