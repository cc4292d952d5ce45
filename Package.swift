// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "attend",
  platforms: [.macOS(.v14)],
  products: [
    .executable(name: "attend", targets: ["attend-cli"]),
    .library(name: "Attend", targets: ["Attend"]),
    .library(name: "AttendTraining", targets: ["AttendTraining"]),
    .library(name: "AttendGeneration", targets: ["AttendGeneration"]),
    .library(name: "AttendModels", targets: ["AttendModels"]),
    .library(name: "AttendNN", targets: ["AttendNN"]),
    .library(name: "AttendText", targets: ["AttendText"]),
    .library(name: "AttendFormats", targets: ["AttendFormats"]),
    .library(name: "AttendTensor", targets: ["AttendTensor"]),
    .library(name: "AttendBase", targets: ["AttendBase"]),
    // Entry points for `make fuzz`, a package of its own.
    .library(name: "AttendFuzzing", targets: ["AttendFuzzing"]),
  ],
  dependencies: [
    // Only the command line uses it: `import Attend` compiles nothing but this package.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .target(name: "CAttend", linkerSettings: [.linkedLibrary("m")]),
    .target(name: "AttendBase"),
    .target(name: "AttendTensor", dependencies: ["CAttend", "AttendBase"]),
    .target(name: "AttendFormats", dependencies: ["AttendTensor"]),
    .target(name: "AttendText", dependencies: ["AttendBase"]),
    .target(name: "AttendNN", dependencies: ["AttendTensor"]),
    .target(name: "AttendModels", dependencies: ["AttendNN", "AttendFormats"]),
    // Loads Open MPI when several processes train together; nothing needs it to be installed.
    .target(name: "CAttendMPI"),
    .target(name: "AttendTraining", dependencies: ["AttendModels", "AttendText", "CAttendMPI"]),
    .target(name: "AttendGeneration", dependencies: ["AttendModels", "AttendText"]),
    .target(name: "Attend", dependencies: ["AttendGeneration", "AttendInspect"]),
    .target(name: "AttendInspect", dependencies: ["AttendModels"]),
    // The weights of the shipped translator, in the program; made by recipes/translator/run.
    .target(name: "CAttendTranslator", exclude: ["model"]),
    // The commands are a library so that tests can look at them.
    .target(
      name: "AttendCommands",
      dependencies: [
        "Attend", "AttendTraining", "AttendInspect", "CAttendTranslator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "attend-cli", dependencies: ["AttendCommands"]),
    .target(
      name: "AttendTestSupport", dependencies: ["AttendTensor", "AttendFormats", "AttendText", "AttendGeneration"]),
    .target(name: "AttendFuzzing", dependencies: ["AttendTestSupport"]),
    // English and French sentences that the translator learns from; nothing in the library needs them.
    .target(name: "BilingualGrammar", dependencies: ["AttendBase"], path: "recipes/translator/Grammar"),
    .executableTarget(
      name: "translator-data", dependencies: ["AttendBase", "BilingualGrammar"], path: "recipes/translator/Data"),
    // The kernels' properties in C, so that sanitizers and emulators run them too (see scripts/).
    .target(name: "CAttendProperties", dependencies: ["CAttend"], path: "Tests/CAttendProperties", exclude: ["main.c"]),
    .target(name: "CAttendEmulated", dependencies: ["CAttend"], path: "Tests/CAttendEmulated"),
    .testTarget(name: "CAttendTests", dependencies: ["CAttend", "CAttendProperties", "CAttendEmulated"]),
    .testTarget(name: "AttendBaseTests", dependencies: ["AttendBase", "AttendTestSupport"]),
    .testTarget(name: "AttendTextTests", dependencies: ["AttendText", "AttendFormats", "AttendTestSupport"]),
    .testTarget(name: "AttendTensorTests", dependencies: ["AttendTensor", "AttendTestSupport"]),
    .testTarget(name: "AttendFormatsTests", dependencies: ["AttendFormats", "AttendTestSupport"]),
    .testTarget(name: "AttendNNTests", dependencies: ["AttendNN", "AttendTestSupport"]),
    .testTarget(name: "AttendConformanceTests", dependencies: ["AttendFormats", "AttendTestSupport"]),
    .testTarget(name: "AttendModelsTests", dependencies: ["AttendModels", "AttendTestSupport"]),
    .testTarget(name: "AttendGenerationTests", dependencies: ["AttendGeneration", "AttendTestSupport"]),
    .testTarget(name: "BilingualGrammarTests", dependencies: ["BilingualGrammar"]),
    .testTarget(name: "AttendTrainingTests", dependencies: ["AttendTraining", "AttendTestSupport"]),
    .testTarget(name: "AttendTests", dependencies: ["Attend", "AttendTestSupport"]),
    .testTarget(name: "AttendInspectTests", dependencies: ["AttendInspect"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["attend-cli", "AttendCommands", "AttendTestSupport"],
      exclude: ["Snapshots"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
