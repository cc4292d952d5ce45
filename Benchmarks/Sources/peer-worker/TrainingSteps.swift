import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// A step of nanoGPT's character model: 6 layers, 6 heads, width 384, 16 sequences of 256, 65 characters.
func nanoGPTStep(precision: Precision) throws -> () throws -> Void {
  let (batch, length, vocabulary) = (16, 256, 65)
  let fields: JSON = [
    "vocab_size": JSON(vocabulary), "n_positions": JSON(length), "n_embd": 384, "n_layer": 6, "n_head": 6,
    "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0,
  ]
  let config = try GPT2.configuration(ConfigurationFields(fields.objectValue ?? .init(), origin: "nanoGPT"))
  var random = SeededRandom(seed: 1)
  let tokens = (0...batch * length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) }
  let inputs = Tensor(Array(tokens.dropLast()), shape: [batch * length])
  let targets = Tensor(Array(tokens.dropFirst()), shape: [batch * length])
  var learner = Learner(seed: 1, precision: precision) { GPT2($0, config) }
  var optimizer = AdamW(learningRate: 0.001)
  return {
    let result = try learner.gradients { model in
      var pass = ForwardPass(lengths: Array(repeating: length, count: batch))
      return model(inputs, &pass).crossEntropy(targets: targets)
    }
    guard result.loss.isFinite else { throw AttendError(.notANumber, "the loss is \(result.loss)") }
    optimizer.update(&learner.parameters, result.gradients)
  }
}

/// Forward and backward through one LSTM layer.
func lstmStep(width: Int, sequences: Int, length: Int, precision: Precision) throws -> () throws -> Void {
  var random = SeededRandom(seed: 1)
  let x = Tensor.normal([sequences * length, width], using: &random)
  let learner = Learner(seed: 1, precision: precision) {
    RecurrentNetwork($0, cell: .lstm, inputs: width, hidden: width)
  }
  return {
    let result = try learner.gradients { network in
      var pass = ForwardPass(lengths: Array(repeating: length, count: sequences))
      return network(x, &pass).output.squared().mean()
    }
    guard result.loss.isFinite else { throw AttendError(.notANumber, "the loss is \(result.loss)") }
  }
}
