#include "app/live_chart.h"

#include <filesystem>
#include <memory>

#include "app/files.h"
#include "app/live.h"
#include "app/load.h"
#include "model/charts/render.h"

namespace rehearse::app {
namespace {

// Stand in the rendered texts where helm is to put its own.
constexpr std::string_view kRelease = "zz9release";
constexpr std::string_view kNamespace = "zz9namespace";

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// The tag of the first image of this repository in a manifest; "" without one.
std::string TagIn(const std::string& manifest, std::string_view repository) {
  const std::size_t at = manifest.find(repository);
  const std::size_t tag = at + repository.size();
  return at == std::string::npos ? "" : manifest.substr(tag, manifest.find('\n', tag) - tag);
}

std::string TemplateOf(const Json& object, const charts::ChartInfo& chart) {
  std::string text = DumpYaml(object);
  text = Replaced(std::move(text), "{{", "{{ `{{` }}");
  constexpr std::string_view kMinio = "minio/minio:";
  if (const std::string tag = TagIn(text, kMinio); !tag.empty()) {
    text = Replaced(std::move(text),
                    std::string(kMinio) + tag,
                    std::string(kMinio) + R"({{ dig "image" "tag" ")" + tag +
                        R"(" (.Values.minio | default dict) }})");
  }
  text = Replaced(std::move(text),
                  "milvusdb/milvus:" + chart.image_tag,
                  "milvusdb/milvus:{{ .Values.image.all.tag }}");
  text = Replaced(
      std::move(text), std::string(kRelease) + "-milvus", R"({{ include "milvus.fullname" . }})");
  text = Replaced(std::move(text), kRelease, "{{ .Release.Name }}");
  return Replaced(std::move(text), kNamespace, "{{ .Release.Namespace }}");
}

constexpr const char* kHelpers = R"({{- define "milvus.fullname" -}}
{{- .Release.Name }}{{ if not (contains "milvus" .Release.Name) }}-milvus{{ end -}}
{{- end -}}
)";

Result<helm::Objects> ObjectsOf(const charts::Catalog& catalog,
                                const std::string& version,
                                bool is_cluster) {
  helm::RenderRequest request;
  request.chart_version = version;
  request.release = kRelease;
  request.ns = kNamespace;
  request.is_install = true;
  if (!is_cluster) {
    request.values = {{"cluster", {{"enabled", false}}},
                      {"etcd", {{"replicaCount", 1}}},
                      {"minio", {{"mode", "standalone"}}},
                      {"pulsar", {{"enabled", false}}},
                      {"pulsarv3", {{"enabled", false}}}};
  }
  const auto outcome = charts::CatalogRenderer(catalog).Render(request);
  if (const auto* rendered = std::get_if<helm::Rendered>(&outcome)) {
    return rendered->objects;
  }
  const auto* error = std::get_if<helm::TemplateError>(&outcome);
  return Fail(ErrorCode::kNotFound,
              "chart " + version + ": its objects are not known: " +
                  (error != nullptr ? error->text : std::get<helm::RenderUnknown>(outcome).what));
}

struct Options {
  std::string version;
  std::string output;
};

Result<int> DoChart(const Options& options) {
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY(WriteChart(catalog, options.version, options.output));
  return kHolds;
}

}  // namespace

Command LiveChartCommand() {
  return {.name = "chart",
          .summary = "write a chart of our own with the objects of a published one",
          .examples = {"rehearse live chart 4.0.34 -o charts/milvus-4.0.34"},
          .add_flags = [](CLI::App& app) -> Run {
            const auto options = std::make_shared<Options>();
            app.add_option("version", options->version, "of the published chart")->required();
            app.add_option("-o,--output", options->output, "the folder to write")->required();
            return [options](Terminal&) { return DoChart(*options); };
          }};
}

Status WriteChart(const charts::Catalog& catalog,
                  const std::string& version,
                  const std::string& folder) {
  const charts::ChartInfo* chart = catalog.Find(version);
  if (chart == nullptr) {
    return Fail(ErrorCode::kNotFound, "there is no chart " + version);
  }
  std::error_code error;
  std::filesystem::create_directories(folder + "/templates", error);
  for (const bool is_cluster : {false, true}) {
    TRY_ASSIGN(const helm::Objects objects, ObjectsOf(catalog, version, is_cluster));
    std::string text = is_cluster ? "{{- if .Values.cluster.enabled }}\n"
                                  : "{{- if not .Values.cluster.enabled }}\n";
    for (const helm::JsonPtr& object : objects) {
      text += "---\n" + TemplateOf(*object, *chart);
    }
    TRY(WriteFileAtomically(
        folder + "/templates/" + (is_cluster ? "cluster.yaml" : "standalone.yaml"),
        text + "{{- end }}\n"));
  }
  const Json metadata = {{"apiVersion", "v2"},
                         {"name", "milvus"},
                         {"version", version},
                         {"appVersion", chart->app_version}};
  TRY(WriteFileAtomically(folder + "/templates/_helpers.tpl", kHelpers));
  TRY(WriteFileAtomically(folder + "/values.yaml", DumpYaml(*catalog.DefaultValues(version))));
  return WriteFileAtomically(folder + "/Chart.yaml", DumpYaml(metadata));
}

}  // namespace rehearse::app
