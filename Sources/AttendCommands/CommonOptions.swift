import ArgumentParser
import Attend
import AttendBase
import AttendTensor

extension Precision: ExpressibleByArgument {}

/// Flags of every command.
struct CommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many threads compute; as many as the process may use when left out.", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      """
      exact: float32 everywhere. fast: bfloat16 products, quantized weights stay quantized. int8: 8-bit products \
      throughout, the fastest and least precise. Left out, fast where it costs no precision of the weights or the \
      processor has bfloat16 products.
      """,
      valueName: "precision"))
  var precision: Precision?

  @Flag(help: "Print JSON for programs.")
  var json = false

  @Flag(help: "Print the result only, no notes or statistics.")
  var quiet = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads); it must be from 1 to 256")
    }
  }

  /// Sets the number of threads and says what a debug build is like.
  func prepare() {
    #if DEBUG
      note("this is a debug build, 20 to 400 times slower than one made with `swift build -c release`")
    #endif
    if let threads { Hardware.threads = threads }
  }

  /// - Parameters:
  ///   - draft: the path of a smaller model that writes ahead.
  ///   - adapters: what is added to the model's weights.
  func load(_ path: String, draft: String? = nil, adapters: AdapterOptions? = nil) async throws -> LanguageModel {
    prepare()
    return try await LanguageModel.load(
      from: .file(path), precision: precision, draft: draft.map { .file($0) }, adapters: adapters?.read() ?? [])
  }

  /// A line for people who watch.
  func note(_ line: String) {
    if !quiet { Terminal.complain(line) }
  }

  /// A line about how fast it went, where a person is likely to see it.
  func statistics(_ line: String) {
    if !quiet, Terminal.errorIsTerminal { Terminal.complain(line) }
  }
}

/// `--model`.
struct ModelOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The model: a folder, a .safetensors or a .gguf file. Left out, ATTEND_MODEL, else SmolLM2 from the folder of \
      fetched models.
      """,
      valueName: "model"))
  var model: String?

  /// The model's path.
  /// - Throws: `not-found`, saying how to get a model.
  func path() throws -> String {
    if let model { return model }
    if let path = environment("ATTEND_MODEL") { return path }
    let path = Self.modelsFolder + "/SmolLM2-135M-Instruct.Q4_1.gguf"
    guard Folder.hasFile(path) else {
      throw AttendError(
        .notFound, "no model was named, and \(path) does not exist",
        hint: "run `scripts/fetch-models smollm2`, or give --model")
    }
    return path
  }

  /// Where `scripts/fetch-models` puts models.
  static var modelsFolder: String {
    environment("ATTEND_MODELS")
      ?? (environment("XDG_CACHE_HOME") ?? (environment("HOME") ?? "/tmp") + "/.cache") + "/attend/models"
  }
}
