import ArgumentParser
import AttendBase
import AttendTensor
import AttendTraining

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a model from one configuration file.",
    discussion: """
      The file says what the model is, what it learns from and how; --schema
      describes every field and shows examples. The folder of the run becomes a
      model that attend runs: config.json, model.safetensors (the best weights on
      held-out data), tokenizer.json, beside metrics.jsonl and loss.svg.

      Ctrl-C stops after a checkpoint. A run that was stopped in any way, kill -9
      included, goes on with --resume and ends with the same bits as one that was
      never stopped. Under mpirun, processes share each update's batch (Open MPI);
      they need a file system in common.

      Examples:
        attend train --schema
        attend train recipes/austen/config.json --out austen
        attend train recipes/austen/config.json --out austen --resume
        mpirun -n 2 attend train config.json --out run --threads 1
      """)

  @Flag(help: "Describe the configuration file.")
  var schema = false

  @Flag(help: "Continue from the newest checkpoint in the run's folder.")
  var resume = false

  @Option(help: ArgumentHelp("The run's folder. (default: run, beside the configuration)", valueName: "folder"))
  var out: String?

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("The configuration file.", valueName: "config.json"))
  var file: String?

  func validate() throws {
    if !schema, file == nil { throw ValidationError("there is no configuration file: give one, or --schema") }
  }

  func run() async throws {
    guard let file, !schema else { return try Terminal.write(TrainingConfiguration.schema) }
    // A file beyond a limit on sizes shall be an error of `write`, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    common.prepare()
    if common.threads == nil, let share = environment("OMPI_COMM_WORLD_LOCAL_SIZE").flatMap(Int.init), share > 1 {
      Hardware.threads = max(Hardware.threads / share, 1)
    }
    var configuration = try TrainingConfiguration(path: file)
    if let precision = common.precision { configuration.training.precision = precision }
    let folder = out ?? Folder.parent(of: file) + "/run"
    let isCancelled = Locked(false)
    let (options, isResuming, logEvery) = (common, resume, configuration.training.logEvery)
    let thread = try ComputeThread(name: "attend")
    Interruption.shared.listenToTermination()
    let settled = configuration
    let stop: @Sendable () -> Void = { isCancelled.withLock { $0 = true } }
    let summary = try await Interruption.shared.handling(stop) {
      try await thread.run {
        let processes = try OpenMPI.world()
        let run = TrainingRun(settled, path: folder, isResuming: isResuming, collective: processes)
        let display = TrainingDisplay(options, folder: folder, logEvery: logEvery, isSilent: processes.rank > 0)
        let summary = try run.run(isCancelled: { isCancelled.withLock { $0 } }, events: { display.show($0) })
        try OpenMPI.finish()
        try display.finish()
        return summary
      }
    }
    if summary.reason == .cancelled { throw ExitCode(Interruption.exitCode) }
  }
}
