// One member of each struct is given, the others keep their defaults: no compiler may warn about the missing ones.
#include <hysteron/infer.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/memory_capacity.hpp>
#include <hysteron/q_trainer.hpp>
#include <hysteron/task.hpp>
#include <hysteron/trainer.hpp>

namespace hysteron {

void use(const auto&... structs) { (static_cast<void>(structs), ...); }

void every_struct() {
  use(ErrorText{.what = "x"}, Event{.seconds = 1}, Progress{.done = 1}, SettingLimits{.least = 0});
  use(Array{.shape = {1}}, NamedArray{.name = "x"}, Safetensors{.tensors = {}}, SequenceArrays{.classes = 2},
      SequenceFiles{.inputs = "X.npy"}, StoredModel{.names = {}});
  use(ModelShape{.units = 1}, Sequences{.count = 1}, TaskData{.outputs = 1}, Episode{.start = 1});
  use(IdentityOptions{.scale = 1}, ChronoOptions{.time_constant = 9}, LayerStartOptions{.scale = 1},
      Objective{.validation = 1}, AutoencoderOptions{.window = 1}, WarmUpOptions{.steps = 1},
      MeasureOptions{.steps = 1}, Prepared{.before = {}}, InitializerRun<float>{.model = nullptr});
  use(AdamOptions{.clip = 1}, TrainerOptions{.updates = 1}, QTrainerOptions{.episodes = 1}, Failure{.update = 1},
      Evaluation{.loss = {}}, Averaging{.batch = 1}, TrainerState<float>{}, QTrainerState<float>{});
  use(SolverOptions{.window = 1}, LinearAutoencoder{.features = 1}, LinearAutoencoderFit{.window = 1},
      LagErrors{.error = {}}, MemoryOptions{.lags = 1}, MemoryCapacity{.capacity = 1}, Multistability{.vaa = {}},
      InferenceOptions<float>{.initial = {}}, Inference<float>{.width = 1});
}

}  // namespace hysteron
