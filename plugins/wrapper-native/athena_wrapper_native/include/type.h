/* The values that cross the boundary between a wrapper library and its host. Plain C, default alignment. */
#ifndef ATHENA_WRAPPER_TYPE_H
#define ATHENA_WRAPPER_TYPE_H

#ifdef __cplusplus
extern "C" {
#endif

/* What wrapperSetCtrl hands over. */
typedef enum {
    CTMeterCustom = 0, /* a wrapperMeterCustom */
    CTMetricsLog = 1,  /* a wrapperMetricsLog */
    CTTraceLog = 2     /* a wrapperTraceLog */
} CtrlType;

/* What the bytes of a node are. */
typedef enum {
    DataText = 0,
    DataAudio = 1,
    DataImage = 2,
    DataVideo = 3,
    DataPer = 4 /* a personalised resource; also bytes that are none of the above */
} DataType;

/* Where a node stands in the stream of its key. */
typedef enum {
    DataBegin = 0,
    DataContinue = 1,
    DataEnd = 2, /* nothing more of this stream comes */
    DataOnce = 3 /* the whole of it in one node */
} DataStatus;

/* A list of names and values. Both strings end with a NUL; vlen counts the value's bytes without it. */
typedef struct ParamList {
    char* key;
    char* value;
    unsigned int vlen;
    struct ParamList* next;
} ParamList, *pParamList, *pConfig, *pDescList;

/* A list of named data. The data may hold NULs; len counts its bytes. */
typedef struct DataList {
    char* key;
    void* data;
    unsigned int len;
    DataType type;
    DataStatus status;
    pDescList desc; /* encoding, format, sample rate and the like */
    struct DataList* next;
} DataList, *pDataList;

#ifdef __cplusplus
}
#endif

#endif
