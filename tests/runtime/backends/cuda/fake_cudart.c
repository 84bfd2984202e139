/* A libcudart on host memory, with the prototypes of the CUDA runtime API as documented. It writes down each call
 * with its arguments, runs all work at once, and fails where a test plants it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int cudaError_t;
typedef void *cudaStream_t;
typedef void *cudaGraph_t;
typedef void *cudaGraphExec_t;
enum cudaMemcpyKind { cudaMemcpyHostToHost = 0, cudaMemcpyDefault = 4 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal = 0, cudaStreamCaptureModeThreadLocal = 1 };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16, cudaDevAttrComputeCapabilityMajor = 75 };

/* Head and size as in CUDA 12.9: 1032 bytes. */
struct cudaDeviceProp { char name[256]; char uuid[16]; char luid[8]; unsigned int luidDeviceNodeMask;
  size_t totalGlobalMem; char rest[1032 - 296]; };

static char calls[1 << 16];
static char failing[64];
static int failure, last_error, runtime_version = 12060, driver_version = 12060;

#define LOG(...) snprintf(calls + strlen(calls), sizeof calls - strlen(calls), __VA_ARGS__)
#define RETURN(name) return last_error = strcmp(failing, name) ? 0 : failure

const char *test_calls(void) { return calls; }
int test_last_error(void) { return last_error; }
void test_plant(const char *name, int code) { strncpy(failing, name, sizeof failing - 1); failure = code; }
void test_versions(int runtime, int driver) { runtime_version = runtime; driver_version = driver; }
void test_reset(void) { calls[0] = failing[0] = 0; failure = last_error = 0; test_versions(12060, 12060); }

cudaError_t cudaRuntimeGetVersion(int *runtimeVersion) { *runtimeVersion = runtime_version; return 0; }
cudaError_t cudaDriverGetVersion(int *driverVersion) { *driverVersion = driver_version; return 0; }
cudaError_t cudaGetLastError(void) { int last = last_error; last_error = 0; return last; }
const char *cudaGetErrorName(cudaError_t error) { return error == 35 ? "cudaErrorInsufficientDriver" : "cudaErrorPlanted"; }
const char *cudaGetErrorString(cudaError_t error) { return error == 35 ? "driver is insufficient" : "as planted"; }

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *prop, int device) {
  memset(prop, 0xFF, sizeof *prop);
  strcpy(prop->name, "Orin");
  prop->totalGlobalMem = 7600000000u;
  LOG("cudaGetDeviceProperties %d\n", device);
  RETURN("cudaGetDeviceProperties");
}
cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attr, int device) {
  *value = attr == 75 ? 8 : attr == 76 ? 7 : attr == 16 ? 16 : attr == 18 ? 1 : -1;
  LOG("cudaDeviceGetAttribute %d %d\n", attr, device);
  RETURN("cudaDeviceGetAttribute");
}
cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
  *free = 5000000000u;
  *total = 7600000000u;
  LOG("cudaMemGetInfo\n");
  RETURN("cudaMemGetInfo");
}
cudaError_t cudaSetDevice(int device) { LOG("cudaSetDevice %d\n", device); RETURN("cudaSetDevice"); }
cudaError_t cudaMalloc(void **devPtr, size_t size) {
  *devPtr = malloc(size > 1 << 20 ? 1 : size);
  LOG("cudaMalloc %zu\n", size);
  RETURN("cudaMalloc");
}
cudaError_t cudaFree(void *devPtr) { free(devPtr); LOG("cudaFree\n"); RETURN("cudaFree"); }
cudaError_t cudaHostAlloc(void **pHost, size_t size, unsigned int flags) {
  *pHost = malloc(size);
  LOG("cudaHostAlloc %zu %u\n", size, flags);
  RETURN("cudaHostAlloc");
}
cudaError_t cudaFreeHost(void *ptr) { free(ptr); LOG("cudaFreeHost\n"); RETURN("cudaFreeHost"); }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *pStream, unsigned int flags) {
  *pStream = (void *)0x7f0000000010;
  LOG("cudaStreamCreateWithFlags %u\n", flags);
  RETURN("cudaStreamCreateWithFlags");
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) { LOG("cudaStreamDestroy %p\n", stream); RETURN("cudaStreamDestroy"); }
cudaError_t cudaStreamSynchronize(cudaStream_t stream) { LOG("cudaStreamSynchronize %p\n", stream); RETURN("cudaStreamSynchronize"); }
cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t count, enum cudaMemcpyKind kind, cudaStream_t stream) {
  memcpy(dst, src, count);
  LOG("cudaMemcpyAsync %zu %d %p\n", count, kind, stream);
  RETURN("cudaMemcpyAsync");
}
cudaError_t cudaMemcpy2DAsync(void *dst, size_t dpitch, const void *src, size_t spitch, size_t width, size_t height,
                              enum cudaMemcpyKind kind, cudaStream_t stream) {
  for (size_t row = 0; row < height; row++) memcpy((char *)dst + row * dpitch, (const char *)src + row * spitch, width);
  LOG("cudaMemcpy2DAsync %zu %zu %zu %zu %d %p\n", dpitch, spitch, width, height, kind, stream);
  RETURN("cudaMemcpy2DAsync");
}
struct cudaPos { size_t x, y, z; };
struct cudaPitchedPtr { void *ptr; size_t pitch, xsize, ysize; };
struct cudaExtent { size_t width, height, depth; };
struct cudaMemcpy3DParms { void *srcArray; struct cudaPos srcPos; struct cudaPitchedPtr srcPtr;
  void *dstArray; struct cudaPos dstPos; struct cudaPitchedPtr dstPtr; struct cudaExtent extent; enum cudaMemcpyKind kind; };
cudaError_t cudaMemcpy3DAsync(const struct cudaMemcpy3DParms *p, cudaStream_t stream) {
  for (size_t z = 0; z < p->extent.depth; z++)
    for (size_t y = 0; y < p->extent.height; y++)
      memcpy((char *)p->dstPtr.ptr + (z * p->dstPtr.ysize + y) * p->dstPtr.pitch,
             (const char *)p->srcPtr.ptr + (z * p->srcPtr.ysize + y) * p->srcPtr.pitch, p->extent.width);
  LOG("cudaMemcpy3DAsync %d %d %zu %p\n", !p->srcArray && !p->dstArray, p->kind, p->srcPos.x + p->dstPos.z, stream);
  RETURN("cudaMemcpy3DAsync");
}
cudaError_t cudaMemsetAsync(void *devPtr, int value, size_t count, cudaStream_t stream) {
  memset(devPtr, value, count);
  LOG("cudaMemsetAsync %d %zu %p\n", value, count, stream);
  RETURN("cudaMemsetAsync");
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode) {
  LOG("cudaStreamBeginCapture %p %d\n", stream, mode);
  RETURN("cudaStreamBeginCapture");
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *pGraph) {
  *pGraph = (void *)0x7f0000000020;
  LOG("cudaStreamEndCapture %p\n", stream);
  RETURN("cudaStreamEndCapture");
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *pGraphExec, cudaGraph_t graph, unsigned long long flags) {
  *pGraphExec = (void *)0x7f0000000030;
  LOG("cudaGraphInstantiateWithFlags %p %llu\n", graph, flags);
  RETURN("cudaGraphInstantiateWithFlags");
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { LOG("cudaGraphDestroy %p\n", graph); RETURN("cudaGraphDestroy"); }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream) {
  LOG("cudaGraphLaunch %p %p\n", graphExec, stream);
  RETURN("cudaGraphLaunch");
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec) { LOG("cudaGraphExecDestroy %p\n", graphExec); RETURN("cudaGraphExecDestroy"); }
