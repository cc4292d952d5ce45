import ArgumentParser
import Attend

struct ConvertCommand: AsyncParsableCommand {
  /// Element types by the names that files give them.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"

    init?(argument: String) { self.init(rawValue: argument.uppercased()) }

    var elements: DType {
      switch self {
      case .f32: .float32
      case .f16: .float16
      case .bf16: .bfloat16
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turns safetensors into GGUF and GGUF into safetensors.",
    discussion: """
      A name that ends in .gguf is written as GGUF, any other as a folder with config.json, model.safetensors and the \
      tokenizer's files. Tokenizer and chat template go along. What the other form cannot say is an error that names it. \
      A file that exists is replaced; a folder must be new.

      Examples:
        attend convert model-folder model.gguf
        attend convert model.Q4_1.gguf model-folder --type BF16
      """)

  @Option(
    help: ArgumentHelp(
      "F32, F16 or BF16, for the matrices. (default: the model's own; F32, which is exact, when it is quantized)",
      valueName: "type"))
  var type: Format?

  @OptionGroup var options: ConversionOptions

  @Argument(help: ArgumentHelp("The model: a folder, a .safetensors or a .gguf file.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The GGUF file or the folder to write.", valueName: "out"))
  var output: String

  func run() async throws {
    let (type, input, output) = (type?.elements, input, output)
    try await options.run(input, output) { progress in
      try await ModelConversion.convert(.file(input), to: output, type: type, progress: progress)
    }
  }
}
