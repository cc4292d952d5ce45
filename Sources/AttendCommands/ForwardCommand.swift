import ArgumentParser
import Attend
import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor

struct ForwardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward",
    abstract: "Runs a batch of token ids through a model and writes its numbers.",
    discussion: """
      Reads from a safetensors file:
        input_ids       int64 or int32, [batch, length]
        attention_mask  optional, integers or bool, [batch, length]: 1 for a
                        token, 0 for padding on any side. Positions are the
                        cumulative mask - 1.

      Writes to another, as float32, zero where the mask is zero:
        logits             [batch, length, vocabulary]
        hidden_states.0…N  [batch, length, width], with --hidden-states:
                           0 is the output of the embedding, N that of the
                           last layer after the final norm

      No tokenizer is needed. The file appears whole or not at all.

      Examples:
        attend forward --model folder --inputs in.safetensors --outputs out.safetensors
        attend forward --precision exact --hidden-states --model model.gguf \\
          --inputs in.safetensors --outputs out.safetensors
      """)

  @Option(help: ArgumentHelp("The model: a folder, a .safetensors or a .gguf file.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("The safetensors file to read.", valueName: "file"))
  var inputs: String

  @Option(help: ArgumentHelp("The safetensors file to write.", valueName: "file"))
  var outputs: String

  @Flag(help: "Write the hidden states, too.")
  var hiddenStates = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    common.prepare()
    let isCancelled = Locked(false)
    let (path, chosen, keepsHiddenStates) = (model, common.precision, hiddenStates)
    let (inputs, outputs) = (inputs, outputs)
    let thread = try ComputeThread(name: "attend")
    let stop: @Sendable () -> Void = { isCancelled.withLock { $0 = true } }
    let shape = try await Interruption.shared.handling(stop) {
      try await thread.run {
        let batch = try ForwardBatch(path: inputs)
        let checkpoint = try Checkpoint(path: path)
        let precision = chosen ?? ModelRegistry.defaultPrecision(of: checkpoint)
        let model = try ModelRegistry.load(checkpoint, precision: precision)
        let results = try batch.run(model, keepsHiddenStates: keepsHiddenStates)
        let tensors = try batch.padded(results) {
          if isCancelled.withLock({ $0 }) { throw CancellationError() }
        }
        try SafetensorsWriter.write(tensors, metadata: ["precision": precision.rawValue], to: outputs)
        return tensors.map { ($0.name, $0.shape) }
      }
    }
    if common.json {
      try Terminal.write(JSON(shape.map { ["name": JSON($0.0), "shape": JSON($0.1)] as JSON }).text() + "\n")
    } else if !common.quiet {
      for (name, shape) in shape { try Terminal.write("\(name) \(shape)\n") }
    }
  }
}
