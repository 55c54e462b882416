#include <cstdlib>
#include <limits>

#include <hysteron/settings.hpp>

#include "settings/setting_value.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

void declare(Settings& settings) {
  settings.declare("seed", 1, "of the first replica", range(0, std::numeric_limits<std::int64_t>::max()));
  settings.declare("device", "auto", "where to compute");
  settings.declare("task.name", "copy_first_input", "what to learn", one_of({"copy_first_input", "denoising"}));
  settings.declare("task.steps", 100, "steps of a sequence", range(1, 1'000'000));
  settings.declare("train.batch", 32, "sequences a step", range(1, 4096));
  settings.declare("train.learning_rate", 1e-3, "of Adam", above(0));
  settings.declare("train.beta", 0.9, "", fraction_below_one());
  settings.declare("train.clip", 0, "largest gradient norm; 0: any", at_least(0));
  settings.declare("train.shuffle", true, "draw a new order each epoch");
  settings.declare("train.drops", std::vector<double>{}, "epochs at which the rate drops", at_least(1));
}

std::string refusal(const std::function<void(Settings&)>& give) {
  return message_of(ErrorKind::usage, [&] {
    Settings settings;
    give(settings);
    declare(settings);
    settings.finish();
  });
}
std::string toml_refusal(const std::string& toml) {
  return refusal([&](Settings& settings) { settings.read_toml(toml, "exp.toml"); });
}
std::string set_refusal(const std::string& assignment) {
  return refusal([&](Settings& settings) { settings.assign(assignment); });
}

TEST(Settings, HaveDefaults) {
  Settings settings;
  declare(settings);
  settings.finish();
  EXPECT_EQ(settings.integer("seed"), 1);
  EXPECT_EQ(settings.text("device"), "auto");
  EXPECT_EQ(settings.number("train.learning_rate"), 1e-3);
  EXPECT_TRUE(settings.flag("train.shuffle"));
  EXPECT_TRUE(settings.numbers("train.drops").empty());
  EXPECT_FALSE(settings.given("seed"));
  EXPECT_EQ(settings.origin("seed"), "by default");
  EXPECT_TRUE(settings.declared("task.steps"));
  EXPECT_FALSE(settings.declared("task.black"));
}

TEST(Settings, ComeFromAFile) {
  Settings settings;
  settings.read_toml(
      "seed = 7\n[task]\nname = \"denoising\"\nsteps = 200  # more\n[train]\nlearning_rate = 1\nshuffle = false\ndrops "
      "= [1, 2.5]\n",
      "exp.toml");
  declare(settings);
  settings.finish();
  EXPECT_EQ(settings.integer("seed"), 7);
  EXPECT_EQ(settings.text("task.name"), "denoising");
  EXPECT_EQ(settings.integer("task.steps"), 200);
  EXPECT_EQ(settings.number("train.learning_rate"), 1);
  EXPECT_FALSE(settings.flag("train.shuffle"));
  EXPECT_THAT(settings.numbers("train.drops"), ElementsAre(1, 2.5));
  EXPECT_EQ(settings.origin("task.steps"), "in exp.toml, line 4");
  EXPECT_TRUE(settings.given("task.steps"));
}

TEST(Settings, ComeFromValues) {
  const std::vector<Assignment> values{{"task.name", "denoising"}, {"task.steps", 200}, {"train.learning_rate", 1}};
  Settings settings;
  settings.read_values(values, "the arm x");
  settings.assign("task.steps=5");
  declare(settings);
  settings.finish();
  EXPECT_EQ(settings.number("train.learning_rate"), 1);
  EXPECT_EQ(settings.origin("task.name"), "in the arm x");
  EXPECT_THAT(settings.section("task"), ElementsAre(Assignment{"task.name", "denoising"}, Assignment{"task.steps", 5}));
  EXPECT_THAT(settings.section(""), ElementsAre(Assignment{"seed", 1}, Assignment{"device", "auto"}));
  const auto said = [](const Assignment& value) {
    return refusal([&](Settings& given) { given.read_values(std::span(&value, 1), "the arm x"); });
  };
  EXPECT_THAT(said({"task.setps", 3}), AllOf(HasSubstr("task.setps"), HasSubstr("in the arm x")));
  EXPECT_THAT(said({"task.steps", 2.5}), HasSubstr("found 2.5 (a real number)"));
  EXPECT_THAT(said({"task.steps", "many"}), HasSubstr("found \"many\" (a string)"));
}

TEST(Settings, TakeDottedKeysAndInlineTables) {
  Settings settings;
  settings.read_toml("task.steps = 5\ntrain = { batch = 6, learning_rate = 1e-2 }\n", "exp.toml");
  declare(settings);
  settings.finish();
  EXPECT_EQ(settings.integer("task.steps"), 5);
  EXPECT_EQ(settings.integer("train.batch"), 6);
}

TEST(Settings, FollowThePrecedenceInWhateverOrderTheyCome) {
  const std::vector<std::string> environment{"HYSTERON_TASK_STEPS=3", "HYSTERON_SEED= 30 ", "PATH=/bin",
                                             "HYSTERON_TRAIN_LEARNING_RATE=0.5"};
  for (const bool command_line_first : {false, true}) {
    Settings settings;
    if (command_line_first) settings.assign("task.steps=4");
    settings.read_environment(environment);
    settings.read_toml("seed = 2\n[task]\nsteps = 2\n[train]\nbatch = 2\n", "exp.toml");
    if (!command_line_first) settings.assign("task.steps=4");
    declare(settings);
    settings.finish();
    EXPECT_EQ(settings.integer("train.batch"), 2);
    EXPECT_EQ(settings.integer("seed"), 30);
    EXPECT_EQ(settings.integer("task.steps"), 4);
    EXPECT_EQ(settings.number("train.learning_rate"), 0.5);
    EXPECT_EQ(settings.origin("seed"), "in HYSTERON_SEED");
    EXPECT_EQ(settings.origin("task.steps"), "in --set");
  }
}

TEST(Settings, TakeTheLastOfTheCommandLine) {
  Settings settings;
  settings.assign("seed=3");
  settings.set("seed", "4", "--seed");
  declare(settings);
  EXPECT_EQ(settings.integer("seed"), 4);
  EXPECT_EQ(settings.origin("seed"), "in --seed");
}

TEST(Settings, ReadWordsByTheirDeclaredType) {
  Settings settings;
  for (const char* const assignment :
       {"device = cuda:1", "task.name='denoising'", "train.batch=1_024", "train.learning_rate=1e-2", "train.beta=+0.5",
        "train.shuffle=false", "train.drops=[1, 2,3.5]", "task.steps=+7"})
    settings.assign(assignment);
  declare(settings);
  settings.finish();
  EXPECT_EQ(settings.text("device"), "cuda:1");
  EXPECT_EQ(settings.text("task.name"), "denoising");
  EXPECT_EQ(settings.integer("train.batch"), 1024);
  EXPECT_EQ(settings.integer("task.steps"), 7);
  EXPECT_EQ(settings.number("train.learning_rate"), 1e-2);
  EXPECT_EQ(settings.number("train.beta"), 0.5);
  EXPECT_FALSE(settings.flag("train.shuffle"));
  EXPECT_THAT(settings.numbers("train.drops"), ElementsAre(1, 2, 3.5));
  Settings text;
  text.assign("device=17");
  declare(text);
  EXPECT_EQ(text.text("device"), "17");
}

TEST(Settings, RefuseUnknownKeysWithTheNearest) {
  EXPECT_THAT(toml_refusal("seed = 1\n\n[train]\nbacth = 3\n"),
              AllOf(HasSubstr("unknown setting \"train.bacth\" in exp.toml, line 4"),
                    HasSubstr("did you mean \"train.batch\"?")));
  EXPECT_THAT(toml_refusal("[tarin]\n"),
              AllOf(HasSubstr("unknown setting \"tarin\" in exp.toml, line 1"), HasSubstr("did you mean \"train\"?")));
  EXPECT_THAT(toml_refusal("task = 3\n"), HasSubstr("unknown setting \"task\""));
  EXPECT_THAT(toml_refusal("[seed]\nvalue = 3\n"), HasSubstr("unknown setting \"seed.value\""));
  EXPECT_THAT(set_refusal("task.step=3"),
              AllOf(HasSubstr("unknown setting \"task.step\" in --set"), HasSubstr("did you mean \"task.steps\"?")));
}

// One file serves several configurations; what is typed is meant for this one.
TEST(Settings, PassOverWhatBelongsToOthersOnlyInFilesAndTheEnvironment) {
  const auto others = [] {
    return std::vector<ForeignKey>{{"init.steps", "the initializer warm_up"},
                                   {"init.alpha", "the initializer identity"},
                                   {"task.loss", "the task arrays"},
                                   {"task.loss", "the task music"}};
  };
  const auto finished = [&](const std::function<void(Settings&)>& give) {
    Settings settings;
    give(settings);
    declare(settings);
    return settings.finish(others);
  };
  EXPECT_THAT(finished([](Settings& settings) {
                settings.read_toml("[init]\nsteps = 5\nalpha = \"any\"\n[task]\nsteps = 3\nloss = \"mse\"\n",
                                   "exp.toml");
                settings.read_environment(std::vector<std::string>{"HYSTERON_INIT_STEPS=7", "HYSTERON_SEDE=3"});
              }),
              ElementsAre("passed over, as keys of the initializer identity: init.alpha",
                          "passed over, as keys of the initializer warm_up: init.steps, "
                          "HYSTERON_INIT_STEPS",
                          "passed over, as keys of the task arrays or the task music: task.loss"));
  EXPECT_THAT(finished([](Settings& settings) { settings.read_toml("[init]\n", "exp.toml"); }), ElementsAre());
  const auto refused = [&](const std::function<void(Settings&)>& give) {
    return message_of(ErrorKind::usage, [&] { finished(give); });
  };
  EXPECT_THAT(refused([](Settings& settings) { settings.assign("task.loss=mse"); }),
              AllOf(HasSubstr("\"task.loss\" in --set"), HasSubstr("one of the task arrays or the task music")));
  EXPECT_THAT(refused([](Settings& settings) { settings.read_toml("[init]\nstep = 5\n", "exp.toml"); }),
              HasSubstr("unknown setting \"init.step\""));
  EXPECT_THAT(refused([](Settings& settings) { settings.read_toml("[innit]\n", "exp.toml"); }),
              HasSubstr("unknown setting \"innit\""));
}

TEST(Settings, KnowTheFolderOfDataSets) {
  Settings settings;
  settings.read_environment(std::vector<std::string>{"HYSTERON_DATA=/somewhere", "HYSTERON_CPU_LEVEL=baseline"});
  declare(settings);
  EXPECT_NO_THROW(settings.finish());
}

TEST(Settings, AreKnownOnceDeclared) {
  Settings settings;
  settings.assign("task.black=72");
  declare(settings);
  EXPECT_THROW(settings.finish(), Error);
  settings.declare("task.black", 0, "further steps", at_least(0));
  settings.finish();
  EXPECT_EQ(settings.integer("task.black"), 72);
}

TEST(Settings, RefuseWrongTypes) {
  EXPECT_THAT(toml_refusal("[task]\nsteps = \"x\"\n"),
              AllOf(HasSubstr("setting \"task.steps\" in exp.toml, line 2 has the wrong type"),
                    HasSubstr("expected an integer from 1 to 1000000, found \"x\" (a string)")));
  EXPECT_THAT(toml_refusal("[task]\nsteps = 1e3\n"), HasSubstr("(a real number)"));
  EXPECT_THAT(toml_refusal("[task]\nname = 3\n"), HasSubstr("expected a string, found 3 (an integer)"));
  EXPECT_THAT(toml_refusal("[train]\nlearning_rate = true\n"),
              HasSubstr("expected a real number above 0, found true (true or false)"));
  EXPECT_THAT(toml_refusal("[train]\nshuffle = 1\n"), HasSubstr("expected true or false"));
  EXPECT_THAT(toml_refusal("[train]\ndrops = [1, \"x\"]\n"), HasSubstr("(a list)"));
  EXPECT_THAT(toml_refusal("seed = 2026-01-01\n"), HasSubstr("(a date or time)"));
  EXPECT_THAT(set_refusal("task.steps=ten"),
              AllOf(HasSubstr("setting \"task.steps\" in --set has the wrong type"), HasSubstr("found \"ten\"")));
  for (const char* const assignment :
       {"task.steps=", "task.steps=3x", "task.steps=1e3", "task.steps=99999999999999999999", "train.shuffle=yes",
        "train.drops=1,,2", "train.learning_rate=1e-2s"})
    EXPECT_THAT(set_refusal(assignment), HasSubstr("has the wrong type")) << assignment;
}

TEST(Settings, RefuseValuesOutOfRange) {
  EXPECT_THAT(toml_refusal("[task]\nsteps = 0\n"),
              AllOf(HasSubstr("setting \"task.steps\" in exp.toml, line 2 is out of range"),
                    HasSubstr("expected an integer from 1 to 1000000, found 0")));
  EXPECT_THAT(set_refusal("train.learning_rate=0"), HasSubstr("expected a real number above 0, found \"0\""));
  EXPECT_THAT(set_refusal("train.beta=1"), HasSubstr("expected a real number of at least 0 and below 1"));
  EXPECT_THAT(set_refusal("train.clip=-1"), HasSubstr("expected an integer of at least 0"));
  EXPECT_THAT(set_refusal("train.drops=1,0"), HasSubstr("expected a list of numbers of at least 1"));
  for (const char* const number : {"nan", "inf", "-inf", "1e999"})
    EXPECT_THAT(set_refusal(std::string("train.learning_rate=") + number), HasSubstr("setting \"train.learning_rate\""))
        << number;
  EXPECT_THAT(toml_refusal("[train]\nlearning_rate = nan\n"), HasSubstr("out of range"));
}

TEST(Settings, RefuseUnknownChoicesWithTheNearest) {
  EXPECT_THAT(set_refusal("task.name=copy_frist_input"),
              AllOf(HasSubstr("unknown task.name \"copy_frist_input\" in --set"),
                    HasSubstr("one of: copy_first_input, denoising"), HasSubstr("did you mean \"copy_first_input\"?")));
}

TEST(Settings, SayWhatIsNotToml) {
  EXPECT_THAT(toml_refusal("seed = 1\n[task\n"), AllOf(HasSubstr("exp.toml is not valid TOML"), HasSubstr("line 2")));
  EXPECT_THAT(toml_refusal("[task]\nname = denoising\n"), AllOf(HasSubstr("line 2"), HasSubstr("a text needs quotes")));
  EXPECT_THAT(toml_refusal("seed = 1\nseed = 2\n"), HasSubstr("line 2"));
}

TEST(Settings, TakeTheLettersOfAllLanguages) {
  for (const char* const toml :
       {"device = é\n", "device = \"x\" é\n", "é = 3\n", "device = \"\"\"x\\é\"\"\"\n", "a = 3\xEF\xBB\xBB\n",
        "a = +z'\xEF\xBB\xB1'", "# \xFF\n", "# \xC0\x80\n", "# \xED\xA0\x80\n", "# \xF3\xB0\x82\x80\n", "# \xE2\x82\n"})
    EXPECT_THAT(toml_refusal(toml), AllOf(HasSubstr("is not valid TOML"), HasSubstr("(line 1"))) << toml;
  for (const char* const toml :
       {"device = \"aé\xEF\xBB\xBB\xF0\x9F\x98\x80\"  # é\n", "device = 'aé\xEF\xBB\xBB\xF0\x9F\x98\x80'\n",
        "device = \"\"\"a\\\n  é\xEF\xBB\xBB\xF0\x9F\x98\x80\"\"\"\n",
        "\xEF\xBB\xBF# é\ndevice = \"a\\u00E9\xEF\xBB\xBB\\U0001F600\"\n"}) {
    Settings settings;
    settings.read_toml(toml, "exp.toml");
    declare(settings);
    EXPECT_NO_THROW(settings.finish()) << toml;
    EXPECT_EQ(settings.text("device"), "aé\xEF\xBB\xBB\xF0\x9F\x98\x80");
  }
  EXPECT_THAT(toml_refusal("\"é\" = 3\n"), HasSubstr("unknown setting \"é\""));
  EXPECT_THAT(toml_refusal("seed = \"é\"\n"), HasSubstr("found \"é\""));
  EXPECT_THAT(toml_refusal("seed = [\"é\"]\n"), HasSubstr("é"));
}

TEST(Settings, SayWhichFileIsMissing) {
  const TemporaryFolder folder;
  Settings settings;
  EXPECT_THAT(
      message_of(ErrorKind::usage, [&] { settings.read_file(folder / "none.toml"); }),
      AllOf(HasSubstr("there is no configuration file"), HasSubstr("none.toml"), HasSubstr("nothing of that name")));
  EXPECT_THAT(message_of(ErrorKind::usage, [&] { settings.read_file(folder.path()); }),
              HasSubstr("a folder or device"));
}

TEST(Settings, RefuseAssignmentsWithoutAKey) {
  for (const char* const assignment : {"", "=3", "task.steps", "  =  "})
    EXPECT_THAT(set_refusal(assignment), AllOf(HasSubstr("--set does not say what to set"), HasSubstr("KEY=VALUE")))
        << assignment;
}

TEST(Settings, GiveAFileThatGivesThemAgain) {
  Settings settings;
  settings.read_toml("device = \"a \\\"b\\\" \\\\ \\u0007 é\"\n[train]\nlearning_rate = 1e-30\ndrops = [1, 20]\n",
                     "exp.toml");
  settings.assign("task.steps=55");
  declare(settings);
  const std::string toml = settings.to_toml();
  EXPECT_EQ(toml,
            "seed = 1                        # of the first replica\n"
            "device = \"a \\\"b\\\" \\\\ \\u0007 é\"  # where to compute\n"
            "\n"
            "[task]\n"
            "name = \"copy_first_input\"       # what to learn\n"
            "steps = 55                      # steps of a sequence\n"
            "\n"
            "[train]\n"
            "batch = 32                      # sequences a step\n"
            "learning_rate = 1e-30           # of Adam\n"
            "beta = 0.9\n"
            "clip = 0                        # largest gradient norm; 0: any\n"
            "shuffle = true                  # draw a new order each epoch\n"
            "drops = [1.0, 20.0]             # epochs at which the rate drops\n");
  const TemporaryFolder folder;
  put(folder / "config.toml", toml);
  Settings again;
  again.read_file(folder / "config.toml");
  declare(again);
  again.finish();
  EXPECT_EQ(again.to_toml(), toml);
  EXPECT_EQ(again.text("device"), settings.text("device"));
  EXPECT_EQ(again.number("train.learning_rate"), 1e-30);
}

// Paths are bytes: those that are no UTF-8 survive a file, and its letters stay letters.
TEST(Settings, BytesReadBackAsTheSame) {
  for (const std::string path : {"caf\xe9/x.npy", "\xff\xfe", "\xe2\x82", "é\xe9", "日本語"}) {
    Settings settings;
    settings.assign("device=" + path);
    declare(settings);
    Settings again;
    again.read_toml(settings.to_toml(), "config.toml");
    declare(again);
    again.finish();
    EXPECT_EQ(again.text("device"), path);
  }
}

TEST(Settings, NumbersReadBackAsTheSame) {
  for (const double number : {0.0, -0.0, 1.0, 0.1, 1e-3, 1e300, 5e-324, 123456789.125, -1.0 / 3})
    EXPECT_EQ(std::strtod(number_text(number).c_str(), nullptr), number) << number_text(number);
  EXPECT_EQ(number_text(3), "3.0");
}

TEST(Settings, AnswerValuesThatDoNotGoTogether) {
  Settings settings;
  settings.assign("task.steps=3");
  declare(settings);
  const Error error = settings.unsuitable("task.steps", "more than 5 for denoising", "or lower task.marked");
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("setting \"task.steps\" in --set does not fit"),
                    HasSubstr("expected more than 5 for denoising, found 3"), HasSubstr("hint: or lower task.marked")));
}

TEST(Settings, MisuseIsADefect) {
  Settings settings;
  declare(settings);
  message_of(ErrorKind::defect, [&] { settings.integer("task.black"); });
  message_of(ErrorKind::defect, [&] { settings.text("seed"); });
  message_of(ErrorKind::defect, [&] { settings.number("seed"); });
  message_of(ErrorKind::defect, [&] { settings.declare("seed", 1, ""); });
  message_of(ErrorKind::defect, [&] { settings.declare("other", 0, "", range(1, 2)); });
}

TEST(Settings, KnowTheEnvironment) {
  ::setenv("HYSTERON_SEED", "77", 1);
  Settings settings;
  settings.read_environment(process_environment());
  ::unsetenv("HYSTERON_SEED");
  declare(settings);
  EXPECT_EQ(settings.integer("seed"), 77);
}

TEST(Settings, SurviveDamagedFiles) {
  const std::string toml = "seed = 7\n[task]\nname = \"denoising\"\nsteps = 200\n[train]\ndrops = [1, 2.5]\n";
  const auto survive = [](const std::string& text) {
    try {
      Settings settings;
      settings.read_toml(text, "exp.toml");
      declare(settings);
      settings.finish();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text << "\n" << error.what();
    }
  };
  for (std::size_t at = 0; at < toml.size(); ++at) {
    survive(toml.substr(0, at));
    for (int letter = 0; letter < 256; letter += 3) {
      std::string changed = toml;
      changed[at] = static_cast<char>(letter);
      survive(changed);
    }
  }
}

}  // namespace
}  // namespace hysteron
