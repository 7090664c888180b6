/* What a wrapper library exports: build it as libwrapper.so and say wrapper = "./libwrapper.so".
 *
 * A library need not have all of it. It is called once where it has wrapperExec or wrapperExecAsync, and in sessions
 * where it has wrapperCreate, wrapperWrite, wrapperDestroy and, unless results come by callback, wrapperRead.
 *
 * Whose memory is whose
 *   - What the host passes in (lists, strings, data) is lent for the length of the call: copy what you keep. It may be
 *     written to. Lists without anything in them are NULL.
 *   - What wrapperExec gives stays yours; the host copies it and hands its head to wrapperExecFree, once.
 *   - What wrapperRead gives stays yours until wrapperDestroy; the host copies it and frees nothing.
 *   - What you pass to a callback stays yours; the host copies it before the callback returns.
 *   - What wrapperError, wrapperVersion and wrapperDebugInfo return stays yours.
 *   - usrTag names one call or session. Give callbacks the same pointer, or a string equal to it.
 *
 * Threads: wrapperInit, wrapperFini, wrapperLoadRes and wrapperUnloadRes run alone. Calls run on as many threads as the
 * service's `threads` says (1 unless it says more); those of one session never overlap. Callbacks may come from any
 * thread. Every int that is returned is 0 for "done", anything else is an error code that wrapperError has words for. */
#ifndef ATHENA_WRAPPER_WRAPPER_H
#define ATHENA_WRAPPER_WRAPPER_H

#include "type.h"

#if defined(__GNUC__)
#define WrapperAPI __attribute__((visibility("default")))
#else
#define WrapperAPI
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A result, or ret != 0 and no result. A node with DataEnd or DataOnce, or an error, ends the session.
 * Returns 0, or -1 when nobody waits for usrTag any more. */
typedef int (*wrapperCallback)(const void* usrTag, pDataList resp, int ret);

/* So many units of meterKey were used by that call: the host's meters count them. */
typedef int (*wrapperMeterCustom)(const char* usrTag, const char* meterKey, int count);
/* A figure for the operator's log. */
typedef int (*wrapperMetricsLog)(const char* usrTag, const char* key, long long value);
/* A fact for the operator's log. */
typedef int (*wrapperTraceLog)(const char* usrTag, const char* key, const char* value);

/* Before wrapperInit, once for each type: func is the host's callback of that type. */
WrapperAPI int wrapperSetCtrl(CtrlType type, void* func);

/* Once, before everything but wrapperSetCtrl and wrapperVersion; the service's table as names and values. */
WrapperAPI int wrapperInit(pConfig cfg);
/* Once, last. */
WrapperAPI int wrapperFini(void);
/* Words for a code. */
WrapperAPI const char* wrapperError(int errNum);
/* The wrapper's own version. */
WrapperAPI const char* wrapperVersion(void);

/* Take a personalised resource: one node, of type DataPer, whose desc list begins with patch_id. */
WrapperAPI int wrapperLoadRes(pDataList perData, unsigned int resId);
WrapperAPI int wrapperUnloadRes(unsigned int resId);

/* Begin a session. NULL, or *errNum != 0, means that it cannot be had. cb is NULL where results are read. */
WrapperAPI const void* wrapperCreate(const char* usrTag, pParamList params, wrapperCallback cb, unsigned int psrIds[],
                                     int psrCnt, int* errNum);
WrapperAPI int wrapperWrite(const void* handle, pDataList reqData);
/* What is ready, without waiting long: *respData = NULL for nothing yet. */
WrapperAPI int wrapperRead(const void* handle, pDataList* respData);
/* Exactly once for each session that was created. */
WrapperAPI int wrapperDestroy(const void* handle);
/* A line about a session, for the log; asked once, before wrapperDestroy. */
WrapperAPI const char* wrapperDebugInfo(const void* handle);

/* One request, one result. */
WrapperAPI int wrapperExec(const char* usrTag, pParamList params, pDataList reqData, pDataList* respData,
                           unsigned int psrIds[], int psrCnt);
/* After every wrapperExec that returned 0. */
WrapperAPI int wrapperExecFree(const char* usrTag, pDataList* respData);
/* One request, whose one result comes by callback; timeout is 0: the host itself keeps the deadline. */
WrapperAPI int wrapperExecAsync(const char* usrTag, pParamList params, pDataList reqData, wrapperCallback callback,
                                int timeout, unsigned int psrIds[], int psrCnt);

#ifdef __cplusplus
}
#endif

#endif
