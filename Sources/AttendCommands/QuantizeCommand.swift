import ArgumentParser
import Attend

struct QuantizeCommand: AsyncParsableCommand {
  /// The spellings of ``BlockFormat`` that models are quantized to.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case q80 = "Q8_0"
    case q40 = "Q4_0"
    case q41 = "Q4_1"
    case q50 = "Q5_0"
    case q51 = "Q5_1"
    case q4K = "Q4_K"
    case q5K = "Q5_K"
    case q6K = "Q6_K"

    init?(argument: String) { self.init(rawValue: argument.uppercased()) }

    var blocks: BlockFormat {
      switch self {
      case .q80: .q80
      case .q40: .q40
      case .q41: .q41
      case .q50: .q50
      case .q51: .q51
      case .q4K: .q4K
      case .q5K: .q5K
      case .q6K: .q6K
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Writes a model as GGUF with fewer bits a weight.",
    discussion: """
      Matrices become blocks of small integers with common scales; vectors stay float32. The output matrix, or the \
      embedding that serves as one, keeps more bits. Q4_K and Q5_K are mixtures with some matrices in Q6_K, as llama.cpp \
      makes them. Where a row is not a whole number of blocks, a format with smaller ones takes its place; the summary \
      says so. A file that exists is replaced.

      Examples:
        attend quantize model-folder model.Q4_K.gguf --type Q4_K
        attend quantize model.BF16.gguf model.Q8_0.gguf --type Q8_0
      """)

  @Option(help: ArgumentHelp("Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K.", valueName: "type"))
  var type: Format

  @OptionGroup var options: ConversionOptions

  @Argument(help: ArgumentHelp("The model: a folder, a .safetensors or a .gguf file.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The GGUF file to write.", valueName: "out"))
  var output: String

  func run() async throws {
    let (format, input, output) = (type.blocks, input, output)
    try await options.run(input, output) { progress in
      try await ModelConversion.quantize(.file(input), to: output, as: format, progress: progress)
    }
  }
}
