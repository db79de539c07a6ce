//! A start reads no contract. A process of its own, since contracts stay read once anybody has asked for them.

use mockreel_emulator::Emulator;

#[tokio::test]
async fn a_start_with_every_edition_of_every_vendor_reads_no_contract() {
    let emulator = Emulator::builder().start().await.expect("it starts");
    let health = reqwest::get(format!("{}/__admin/health", emulator.base())).await.expect("it answers");
    assert_eq!(health.status(), 200);
    let read = || {
        let served = emulator.settings().vendors.iter();
        served
            .filter(|served| served.vendor.is_read())
            .map(|served| format!("{:?}", served.vendor))
            .collect::<Vec<_>>()
    };
    assert_eq!(read(), Vec::<String>::new());
    let url = format!("{}/queue", emulator.url("gmicloud"));
    reqwest::get(url).await.expect("it answers");
    assert_eq!(read().len(), 1, "only the edition that was asked: {:?}", read());
}
