#pragma once
// Names that the headers in cuda/ take from the toolkit's header of this name. Nothing is computed here: see
// decompositions.cpp.
#define CUSOLVER_VER_MAJOR 12

#include "cublas_v2.h"

using cusolverStatus_t = int;
using cusolverDnHandle_t = struct cusolverDnContext*;
using cusolverDnParams_t = struct cusolverDnParams*;

void cusolverDnCreate();
void cusolverDnDestroy();
void cusolverDnSetStream();
void cusolverDnCreateParams();
void cusolverDnDestroyParams();
void cusolverDnXsyevdx_bufferSize();
void cusolverDnXsyevdx();
void cusolverDnXgeqrf_bufferSize();
void cusolverDnXgeqrf();
void cusolverDnDorgqr_bufferSize();
void cusolverDnDorgqr();
void cusolverDnXgesvd_bufferSize();
void cusolverDnXgesvd();
