# Every scenario is a test of its own: rehearse_scenarios(label file...) registers files below
# scenarios/. Configuring fails where a file is not registered, or registered and not there.
set(REHEARSE_SCENARIOS "")
function(rehearse_scenarios label)
  foreach(file ${ARGN})
    string(REGEX REPLACE "\\.yaml$" "" name scenario_${file})
    string(REPLACE "/" "_" name ${name})
    add_test(NAME ${name} COMMAND rehearse check scenarios/${file}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 600)
  endforeach()
  set(REHEARSE_SCENARIOS ${REHEARSE_SCENARIOS} ${ARGN} PARENT_SCOPE)
endfunction()

rehearse_scenarios(scenario
  live/backup-pod-deleted.yaml
  live/executor-interrupted.yaml
  live/executor-killed-in-helm.yaml
  live/executor-killed.yaml
  live/helm-killed.yaml
  live/helm-without-migration.yaml
  live/migrate-killed.yaml
  live/migrate-panics.yaml
  live/migrate-then-harmless-upgrade.yaml
  live/migration-pod-deleted.yaml
  live/nodes-full.yaml
  live/plan.yaml
  live/plan-to-2.5.12.yaml
  live/rollback-after.yaml
  live/scaled-by-hand.yaml
  live/second-helm-upgrade.yaml
  live/tool-panics.yaml
  page/s02-reset-then-reuse-values.yaml
  page/s02-reuse-values.yaml
  page/s04-newest-chart.yaml
  page/s05-rolling-rocksmq.yaml
  page/s06-rolling-cluster.yaml
  page/s07-archived-repository.yaml
  page/s08-harmless-upgrade-after.yaml
  page/s08-image-without-migration.yaml
  page/s13-tool-of-the-page.yaml
  page/s14-repaired.yaml
  page/s15-helm-while-stopped.yaml
  page/s15-migrate.yaml
  page/s15-our-plan.yaml
  page/s16-migrate-namespace.yaml
  page/s17-migrate-root-path.yaml
  page/s18-migrate-image.yaml
  page/s19-migrate-remove.yaml
  page/s20-rollback-and-again.yaml)
rehearse_scenarios(defects
  defects/migrate-a-sessions.yaml
  defects/migrate-after-use.yaml
  defects/migrate-backup-deleted.yaml
  defects/migrate-cluster-scaled.yaml
  defects/migrate-default-image.yaml
  defects/migrate-lasting.yaml
  defects/migrate-machines.yaml
  defects/migrate-network.yaml
  defects/migrate-panic-and-again.yaml
  defects/migrate-retry-after-tool-failure.yaml
  defects/migrate-retry-with-corrected-target.yaml
  defects/migrate-rollback-migrate.yaml
  defects/migrate-scaled-to-zero.yaml
  defects/migrate-target-of-the-page.yaml
  defects/migrate-tool-dies.yaml
  defects/migrate-unknown-to-helm.yaml
  defects/rollback-after-second-migration.yaml
  defects/rollback-as-published.yaml
  defects/rollback-image-of-the-page.yaml
  defects/rollback-with-target-of-the-page.yaml
  defects/rollback-without-backup.yaml
  defects/rolling-cluster.yaml
  defects/rolling-killed.yaml
  defects/rolling-lasting.yaml
  defects/rolling-rocksmq-not-seen.yaml
  defects/rolling-without-deadline.yaml)
rehearse_scenarios(scenario
  regressions/executor-finished-journal-looks.yaml
  regressions/executor-helm-leaves-coordinator.yaml
  regressions/executor-helm-leaves-deployment.yaml
  regressions/executor-keeps-pulsar.yaml
  regressions/executor-migrates-again-what-shows-no-form.yaml
  regressions/executor-names-one-of-two-backups.yaml
  regressions/executor-nothing-to-do-other-chart.yaml
  regressions/executor-nothing-to-do-other-image.yaml
  regressions/executor-nothing-to-do-waits.yaml
  regressions/executor-old-image-between-hops.yaml
  regressions/executor-restored-then-changed.yaml
  regressions/executor-run-anew-after-scale.yaml
  regressions/executor-run-anew-after-way-back.yaml
  regressions/executor-run-anew-on-a-part.yaml
  regressions/executor-run-anew-on-half-migrated.yaml
  regressions/executor-run-anew-on-the-untouched.yaml
  regressions/executor-run-anew-within-the-cleaning.yaml
  regressions/executor-run-anew-without-its-pod.yaml
  regressions/executor-run-anew-without-its-restore.yaml
  regressions/executor-run-anew-without-its-writer.yaml
  regressions/executor-scaled-between-hops.yaml
  regressions/executor-scaled-by-hand.yaml
  regressions/executor-tool-crashes-at-start.yaml
  regressions/server-writes-while-executor-begins.yaml)

file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/scenarios
     ${CMAKE_SOURCE_DIR}/scenarios/*.yaml)
foreach(file ${found})
  if(NOT file IN_LIST REHEARSE_SCENARIOS)
    message(FATAL_ERROR "scenarios/${file} is not registered in cmake/scenarios.cmake")
  endif()
endforeach()
foreach(file ${REHEARSE_SCENARIOS})
  if(NOT file IN_LIST found)
    message(FATAL_ERROR "cmake/scenarios.cmake registers scenarios/${file}, which is not there")
  endif()
endforeach()
