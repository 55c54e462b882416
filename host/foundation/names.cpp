// Finds the name that was meant: by the field's other words for it, then by letters.
#include <algorithm>
#include <cctype>
#include <numeric>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

struct Alias {
  std::string_view word, meant;
};

// Names in other libraries and papers for what has its own name here. A word may mean several things.
constexpr Alias aliases[] = {{"lr", "learning_rate"},
                             {"rate", "learning_rate"},
                             {"step_size", "learning_rate"},
                             {"eta", "learning_rate"},
                             {"hidden", "units"},
                             {"hidden_size", "units"},
                             {"hidden_units", "units"},
                             {"hidden_dim", "units"},
                             {"n_hidden", "units"},
                             {"num_units", "units"},
                             {"neurons", "units"},
                             {"width", "units"},
                             {"size", "units"},
                             {"num_layers", "layers"},
                             {"n_layers", "layers"},
                             {"depth", "layers"},
                             {"batch_size", "batch"},
                             {"batchsize", "batch"},
                             {"minibatch", "batch"},
                             {"bs", "batch"},
                             {"seq_len", "steps"},
                             {"seq_length", "steps"},
                             {"sequence_length", "steps"},
                             {"timesteps", "steps"},
                             {"time_steps", "steps"},
                             {"n_steps", "steps"},
                             {"num_steps", "steps"},
                             {"num_epochs", "epochs"},
                             {"n_epochs", "epochs"},
                             {"epoch", "epochs"},
                             {"episodes", "epochs"},
                             {"epochs", "episodes"},
                             {"iterations", "updates"},
                             {"iters", "updates"},
                             {"num_updates", "updates"},
                             {"max_steps", "updates"},
                             {"gradient_steps", "updates"},
                             {"wd", "weight_decay"},
                             {"l2", "weight_decay"},
                             {"grad_clip", "clip"},
                             {"gradient_clip", "clip"},
                             {"clip_norm", "clip"},
                             {"clip_grad_norm", "clip"},
                             {"max_norm", "clip"},
                             {"max_grad_norm", "clip"},
                             {"val_split", "validation_share"},
                             {"validation_split", "validation_share"},
                             {"val_share", "validation_share"},
                             {"ce", "cross_entropy"},
                             {"xent", "cross_entropy"},
                             {"crossentropy", "cross_entropy"},
                             {"nll", "cross_entropy"},
                             {"softmax", "cross_entropy"},
                             {"bce", "binary_cross_entropy"},
                             {"l2", "mse"},
                             {"mean_squared_error", "mse"},
                             {"squared_error", "mse"},
                             {"regression", "mse"},
                             {"classification", "cross_entropy"},
                             {"rnn", "elman"},
                             {"vanilla", "elman"},
                             {"simple_rnn", "elman"},
                             {"vanilla_rnn", "elman"},
                             {"srn", "elman"},
                             {"irnn", "identity"},
                             {"rnn_relu", "elman_relu"},
                             {"relu", "elman_relu"},
                             {"xavier", "classic"},
                             {"glorot", "classic"},
                             {"default", "classic"},
                             {"warmup", "warm_up"},
                             {"laes", "autoencoder"},
                             {"gpu", "cuda"},
                             {"nvidia", "cuda"},
                             {"host", "cpu"},
                             {"random_seed", "seed"},
                             {"rng", "seed"},
                             {"n_replicas", "replicas"},
                             {"num_replicas", "replicas"},
                             {"runs", "replicas"},
                             {"num_seeds", "replicas"},
                             {"seeds", "replicas"},
                             {"network", "cell"},
                             {"architecture", "cell"},
                             {"rnn_type", "cell"},
                             {"initializer", "init"},
                             {"initialization", "init"},
                             {"dtype", "precision"},
                             {"num_threads", "threads"},
                             {"num_workers", "threads"},
                             {"workers", "threads"},
                             {"cpus", "threads"},
                             {"jobs", "threads"},
                             {"output", "out"},
                             {"output_dir", "out"},
                             {"outdir", "out"},
                             {"save", "out"},
                             {"dir", "out"},
                             {"dataset", "data"},
                             {"data_dir", "data"},
                             {"input", "inputs"},
                             {"x", "inputs"},
                             {"target", "targets"},
                             {"labels", "targets"},
                             {"y", "targets"},
                             {"overwrite", "force"},
                             {"predict", "infer"},
                             {"inference", "infer"},
                             {"forward", "infer"},
                             {"apply", "infer"},
                             {"run", "train"},
                             {"fit", "train"},
                             {"learn", "train"},
                             {"eval", "measure"},
                             {"evaluate", "measure"},
                             {"analyze", "measure"},
                             {"vaa", "measure"},
                             {"plot", "report"},
                             {"compare", "report"},
                             {"show", "report"},
                             {"tensorboard", "report"},
                             {"initialize", "prepare"},
                             {"pretrain", "prepare"},
                             {"download", "get"},
                             {"fetch", "get"},
                             {"download", "data"},
                             {"datasets", "data"},
                             {"devices", "device"},
                             {"tasks", "info"},
                             {"cells", "info"},
                             {"v", "version"},
                             {"mnist", "sequential_mnist"},
                             {"smnist", "sequential_mnist"},
                             {"psmnist", "permuted_mnist"},
                             {"pmnist", "permuted_mnist"},
                             {"pixel_mnist", "sequential_mnist"},
                             {"tmaze", "t_maze"},
                             {"float32", "float"},
                             {"fp32", "float"},
                             {"single", "float"},
                             {"float64", "double"},
                             {"fp64", "double"}};

char lower(char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); }

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& letter : small) letter = lower(letter);
  return small;
}

/// The part after the last dot of a key, or after the dashes of an option, with underscores between words.
std::string last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot + 1 < name.size()) name.remove_prefix(dot + 1);
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  std::string part = lower(name);
  std::replace(part.begin(), part.end(), '-', '_');
  return part;
}

/// The part before the last: "train." of "train.batch".
std::string_view first_part(std::string_view name) { return name.substr(0, name.rfind('.') + 1); }

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbors cost 1 each.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

/// The known names whose last part is `part`; only those of the name's own section, if there are any.
std::vector<std::string> with_last_part(std::string_view name, std::string_view part,
                                        std::span<const std::string> known) {
  std::vector<std::string> all, own;
  for (const std::string& candidate : known) {
    if (last_part(candidate) != part) continue;
    all.push_back(candidate);
    if (lower(first_part(candidate)) == lower(first_part(name))) own.push_back(candidate);
  }
  return own.empty() ? all : own;
}

std::vector<std::string> by_alias(std::string_view name, std::span<const std::string> known) {
  std::vector<std::string> meant;
  for (const Alias& alias : aliases)
    if (alias.word == last_part(name))
      for (std::string& candidate : with_last_part(name, alias.meant, known)) meant.push_back(std::move(candidate));
  return meant;
}

std::vector<std::string> by_letters(std::string_view name, std::span<const std::string> known) {
  // The beginning of a name is nearer than any misspelling.
  if (name.size() > 2)
    for (const std::string& candidate : known)
      if (candidate.starts_with(name)) return {candidate};
  // In a short name one letter may be wrong, in a long one every third; a section's name counts as well.
  std::vector<std::string> nearest;
  std::size_t least = std::max<std::size_t>(1, last_part(name).size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t far = distance(lower(name), lower(candidate));
    if (far < least) least = far, nearest = {candidate};
  }
  return nearest;
}

bool is_alias(std::string_view name) {
  return std::ranges::any_of(aliases, [&](const Alias& alias) { return alias.word == last_part(name); });
}

/// The names that may be meant, best first; empty: no known name is near. A word of the field whose meaning is not
/// among them is not misspelled either: gpu is not near to cpu.
std::vector<std::string> meant_names(std::string_view name, std::span<const std::string> known) {
  for (const std::string& candidate : known)
    if (lower(candidate) == lower(name)) return {candidate};
  for (const auto& meant : {with_last_part(name, last_part(name), known), by_alias(name, known)})
    if (!meant.empty()) return meant;
  return is_alias(name) ? std::vector<std::string>() : by_letters(name, known);
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  const std::vector<std::string> meant = meant_names(name, known);
  return meant.empty() ? "" : meant.front();
}

Error unknown_name(std::string_view noun, std::string_view name, std::span<const std::string> known) {
  std::string all, hint;
  for (const std::string& candidate : known) all += (all.empty() ? "" : ", ") + candidate;
  for (const std::string& meant : meant_names(name, known))
    hint += (hint.empty() ? "did you mean \"" : " or \"") + meant + "\"";
  return usage_error({.what = "unknown " + std::string(noun) + " \"" + std::string(name) + "\"",
                      .expected = "one of: " + all,
                      .hint = hint.empty() ? "" : hint + "?"});
}

}  // namespace hysteron
