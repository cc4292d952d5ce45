import AttendTensor
import Testing

/// A programmer's error ends the process and names what did not fit, in optimised builds too.
@Suite struct MismatchTests {
  @Test func broadcastingShapes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]) + Tensor.ones([4])
    }
    #expect(message(result).contains("add: shapes do not fit: [2, 3], [4]"))
  }

  @Test func dtypes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2]) * Tensor.ones([2], .float64)
    }
    #expect(message(result).contains("multiply: dtypes do not fit: float32, float64"))
  }

  @Test func innerDimensionsOfAProduct() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).matmul(Tensor.ones([4, 2]))
    }
    #expect(message(result).contains("matmul: shapes do not fit: [2, 3], [4, 2]"))
  }

  @Test func indicesOutOfRange() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]).gather(rows: Tensor([2]))
    }
    #expect(message(result).contains("gather: index 2 is not below 2"))
  }

  @Test func softmaxOfIntegers() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).softmax()
    }
    #expect(message(result).contains("softmax: dtypes do not fit: int64"))
  }

  private func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func descriptionsShowTheFirstElements() {
    #expect(Tensor([1, 2] as [Int32]).description == "Tensor [2] int32 (1, 2)")
    #expect(Tensor.zeros([3, 3]).description.hasPrefix("Tensor [3, 3] float32 (0.0, 0.0"))
    #expect(Tensor.zeros([3, 3]).description.hasSuffix("0.0, …)"))
    #expect(Tensor.zeros([0]).description == "Tensor [0] float32 ()")
  }
}
